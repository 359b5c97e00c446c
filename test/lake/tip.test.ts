/** The end of a lake that grows, and holes in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlClient } from '../control/control-client.js';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { eventually, runService } from '../service/running-service.js';
import { expectedRows, ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';
import { keyOf, lakeFolder, type LakeFolder, type Layout, manifestOf, objectsOf } from './lake-folder.js';
import { openLake, readRows } from './open-lake.js';

const ONE: Layout = { ledgersPerFile: 1, filesPerPartition: 8 };
const SIXTY_FOUR: Layout = { ledgersPerFile: 64, filesPerPartition: 10 };
const PATIENCE = { sourcePatience: { backoff: { firstMs: 5, maxMs: 50 } } };

function grow(lake: LakeFolder, first: number, last: number, layout: Layout): void {
  for (const [key, bytes] of objectsOf(first, last, layout, ledgerBytes)) lake.put(key, bytes);
}

test('a stream that follows gets each ledger as it appears, over the border of a folder', async (t) => {
  const lake = lakeFolder(t);
  lake.put('.config.json', manifestOf(ONE, PASSPHRASE));
  grow(lake, 60, 62, ONE);
  const { ports } = await runService(t, { port: 1 }, { SOURCE: lake.url }, PATIENCE);
  const reader = new FlightReader(t, ports.flight);
  const { tickets } = await reader.info({ start_ledger: 61, end_ledger: 0 });
  const reading = await reader.read(tickets[0]!, ({ progress: { complete_through: through } }) => {
    if (through >= 70) return false;
    if (through >= 62) grow(lake, through + 1, through + 1, ONE);
    return true;
  });
  assert.deepEqual(rowsOf(reading), expectedRows(61, 70));
});

test('a bounded range that reaches beyond the tip waits for it, and ends', async (t) => {
  const lake = lakeFolder(t);
  grow(lake, 20, 22, ONE);
  const { source, pool } = await openLake(t, lake.url, PASSPHRASE);
  const rows = readRows({ source, pool }, { startLedger: 20, endLedger: 25 }, PASSPHRASE);
  await eventually('the range is at the tip', () => source.openStreams[0]?.nextLedger === 23);
  grow(lake, 23, 25, ONE);
  assert.deepEqual(await rows, expectedRows(20, 25));
  assert.deepEqual(source.openStreams, []);
});

test('a lake without anything yet is waited for, and its layout taken from its first object', async (t) => {
  const lake = lakeFolder(t);
  const opened = await openLake(t, lake.url, PASSPHRASE);
  assert.equal(await opened.newestLedger(), 0);
  const rows = readRows(opened, { startLedger: 3, endLedger: 5 }, PASSPHRASE);
  await eventually('it waits', () => opened.source.openStreams.length === 1);
  grow(lake, 2, 63, SIXTY_FOUR);
  assert.deepEqual(await rows, expectedRows(3, 5));
});

test('ranges begin and end inside objects of 64 ledgers, the first of which begins with ledger 2', async (t) => {
  const lake = lakeFolder(t);
  lake.put('.config.json', manifestOf(SIXTY_FOUR, PASSPHRASE));
  grow(lake, 2, 191, SIXTY_FOUR);
  assert.equal(keyOf(2, SIXTY_FOUR), 'FFFFFFFF--0-639/FFFFFFFF--0-63.xdr.zst');
  const { ports } = await runService(t, { port: 1 }, { SOURCE: lake.url });
  const reader = new FlightReader(t, ports.flight);
  for (const [start_ledger, end_ledger] of [
    [2, 3],
    [60, 130],
    [100, 100],
  ] as const) {
    const reading = await reader.readRange({ start_ledger, end_ledger });
    assert.equal(reading.text, '');
    assert.deepEqual(rowsOf(reading), expectedRows(start_ledger, end_ledger));
  }
  const before = await reader.readRange({ start_ledger: 1, end_ledger: 3 });
  assert.match(before.text, /^SOURCE_GAP: ledger 1 is missing .*resume_from=1$/);
});

test('equal tickets give equal batches, from lakes of 1 and of 64 ledgers in an object', async (t) => {
  const batches = await Promise.all(
    [ONE, SIXTY_FOUR].map(async (layout) => {
      const lake = lakeFolder(t);
      lake.put('.config.json', manifestOf(layout, PASSPHRASE));
      grow(lake, 64, 127, layout);
      const { ports } = await runService(t, { port: 1 }, { SOURCE: lake.url });
      const reading = await new FlightReader(t, ports.flight).readRange({
        start_ledger: 70,
        end_ledger: 120,
        batch_size: 90,
      });
      assert.equal(reading.text, '');
      return reading.batches;
    }),
  );
  assert.ok(batches[0]!.length > 5);
  assert.deepEqual(batches[0], batches[1]);
});

test('an object that is missing below later ones ends a strict stream by its name, with all rows before it', async (t) => {
  const lake = lakeFolder(t);
  lake.put('.config.json', manifestOf(ONE, PASSPHRASE));
  grow(lake, 30, 45, ONE);
  lake.remove(keyOf(37, ONE));
  const { ports } = await runService(t, { port: 1 }, { SOURCE: lake.url, SOURCE_GAP_RETRIES: '1' }, PATIENCE);
  const reading = await new FlightReader(t, ports.flight).readRange({ start_ledger: 30, end_ledger: 45 });
  assert.equal(reading.status, 15);
  assert.match(
    reading.text,
    /^SOURCE_GAP: ledger 37 is missing from the data lake.*FFFFFFDA--37\.xdr\.zst.*resume_from=37$/,
  );
  assert.deepEqual(rowsOf(reading), expectedRows(30, 36));
});

test('with ON_BAD_LEDGER=quarantine the stream passes it, and says so', async (t) => {
  const lake = lakeFolder(t);
  const quarantine = lakeFolder(t);
  lake.put('.config.json', manifestOf(ONE, PASSPHRASE));
  grow(lake, 30, 45, ONE);
  lake.remove(keyOf(37, ONE));
  const settings = {
    SOURCE: lake.url,
    SOURCE_GAP_RETRIES: '0',
    ON_BAD_LEDGER: 'quarantine',
    QUARANTINE_DIR: quarantine.path,
  };
  const service = await runService(t, { port: 1 }, settings, PATIENCE);
  const reading = await new FlightReader(t, service.ports.flight).readRange({ start_ledger: 30, end_ledger: 45 });
  assert.equal(reading.text, '');
  assert.deepEqual(rowsOf(reading), [...expectedRows(30, 36), ...expectedRows(38, 45)]);
  const gaps = reading.batches.flatMap(({ progress }) => (progress as { gaps?: unknown[] }).gaps ?? []);
  assert.deepEqual(gaps, [[37, 37, 'SOURCE_GAP']]);
  assert.equal((await service.metrics()).get('contract_data_quarantined_ledgers_total'), 1);
});

test('a session reads a lake as it reads a service', async (t) => {
  const lake = lakeFolder(t);
  lake.put('.config.json', manifestOf(SIXTY_FOUR, PASSPHRASE));
  grow(lake, 64, 191, SIXTY_FOUR);
  const { ports } = await runService(t, { port: 1 }, { SOURCE: lake.url });
  const control = controlClient(t, ports.grpc);
  const { session_id: id } = await control('StartProcessing', { start_ledger: 100, end_ledger: 140 });
  const reading = await new FlightReader(t, ports.flight).read('contract-data-stream');
  assert.equal(reading.text, '');
  assert.deepEqual(rowsOf(reading), expectedRows(100, 140));
  assert.equal((await control('GetStatus', { session_id: id })).current_ledger, 140);
});
