/** Objects that are not what they should be. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { expectedRows, ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';
import { packed } from '../support/zstd.js';
import {
  batchOf,
  keyOf,
  lakeFolder,
  type LakeFolder,
  type Layout,
  manifestOf,
  objectOf,
  objectsOf,
} from './lake-folder.js';
import { openLake, readRows } from './open-lake.js';
import type { Cleanup } from '../service/cleanup.js';

const ONE: Layout = { ledgersPerFile: 1, filesPerPartition: 64_000 };
const SIXTY_FOUR: Layout = { ledgersPerFile: 64, filesPerPartition: 10 };
const PATIENCE = { sourcePatience: { backoff: { firstMs: 5, maxMs: 50 } } };

function lakeOf(t: Cleanup, first: number, last: number, layout: Layout): LakeFolder {
  const lake = lakeFolder(t);
  lake.put('.config.json', manifestOf(layout, PASSPHRASE));
  for (const [key, bytes] of objectsOf(first, last, layout, ledgerBytes)) lake.put(key, bytes);
  return lake;
}

const whole = objectOf(13, [ledgerBytes(13)]);
const DAMAGED: Readonly<Record<string, readonly [bytes: Uint8Array, error: RegExp]>> = {
  truncated: [whole.subarray(0, whole.length - 100), /UNPACK_FAILED: .*13\.xdr\.zst: zstd data/],
  'of another ledger': [objectOf(14, [ledgerBytes(14)]), /LEDGER_MISMATCH: .*13\.xdr\.zst: ledger 13 expected/],
  'not a batch': [packed(Buffer.from('not a batch')), /LEDGER_INVALID: .*13\.xdr\.zst: LedgerCloseMetaBatch/],
  'half a ledger': [objectOf(13, [ledgerBytes(13).subarray(0, 2_000)]), /LEDGER_INVALID: .*13\.xdr\.zst: ledger 13/],
  empty: [Buffer.alloc(0), /LEDGER_INVALID: .*13\.xdr\.zst/],
};

for (const [what, [bytes, error]] of Object.entries(DAMAGED)) {
  test(`an object that is ${what} ends a strict stream by its name, or is set aside with its bytes`, async (t) => {
    const lake = lakeOf(t, 10, 16, ONE);
    const key = lake.put(keyOf(13, ONE), bytes);
    const quarantine = lakeFolder(t);
    const settings = { SOURCE: lake.url, QUARANTINE_DIR: quarantine.path };
    const { ports } = await runService(t, { port: 1 }, settings, PATIENCE);
    const reader = new FlightReader(t, ports.flight);
    const strict = await reader.readRange({ start_ledger: 10, end_ledger: 16 });
    assert.match(strict.text, error);
    assert.match(strict.text, /resume_from=13/);
    assert.ok(strict.text.includes(key));
    assert.deepEqual(rowsOf(strict), expectedRows(10, 12));

    const lenient = await reader.readRange({ start_ledger: 10, end_ledger: 16, on_bad_ledger: 'quarantine' });
    assert.equal(lenient.text, '');
    assert.deepEqual(rowsOf(lenient), [...expectedRows(10, 12), ...expectedRows(14, 16)]);
    const record = readdirSync(quarantine.path).find((name) => name.endsWith('.json'))!;
    const { message } = JSON.parse(readFileSync(join(quarantine.path, record), 'utf8')) as { message: string };
    assert.ok(message.includes(key));
  });
}

test('of an object of 64 ledgers one damaged ledger costs that ledger only', async (t) => {
  const lake = lakeOf(t, 64, 191, SIXTY_FOUR);
  const ledgers = Array.from({ length: 64 }, (_, i) => ledgerBytes(64 + i));
  // Its header says another sequence; where it ends can be told.
  ledgers[20] = ledgerBytes(500);
  lake.put(keyOf(64, SIXTY_FOUR), objectOf(64, ledgers));
  const quarantine = lakeFolder(t);
  const settings = { SOURCE: lake.url, ON_BAD_LEDGER: 'quarantine', QUARANTINE_DIR: quarantine.path };
  const { ports } = await runService(t, { port: 1 }, settings, PATIENCE);
  const reading = await new FlightReader(t, ports.flight).readRange({ start_ledger: 80, end_ledger: 130 });
  assert.equal(reading.text, '');
  assert.deepEqual(rowsOf(reading), [...expectedRows(80, 83), ...expectedRows(85, 130)]);
});

test('an object that is damaged only while it is being written is read when it is whole', async (t) => {
  const lake = lakeOf(t, 10, 16, ONE);
  lake.put(keyOf(13, ONE), whole.subarray(0, 700));
  const { source, pool } = await openLake(t, lake.url, PASSPHRASE, { backoff: { firstMs: 400, maxMs: 400 } });
  const opened = { source, pool };
  const first = readRows(opened, { startLedger: 12, endLedger: 12 }, PASSPHRASE);
  assert.deepEqual(await first, expectedRows(12, 12));
  const rows = readRows(opened, { startLedger: 13, endLedger: 13 }, PASSPHRASE);
  lake.put(keyOf(13, ONE), whole);
  assert.deepEqual(await rows, expectedRows(13, 13));
});

test('objects of older lakes, ending in .zstd and .gz, are found beside new ones', async (t) => {
  const lake = lakeOf(t, 10, 16, ONE);
  for (const [ledger, suffix, pack] of [
    [12, 'xdr.zstd', packed],
    [13, 'xdr.gz', gzipSync],
  ] as const) {
    lake.remove(keyOf(ledger, ONE));
    lake.put(keyOf(ledger, ONE, suffix), pack(batchOf(ledger, [ledgerBytes(ledger)])));
  }
  const opened = await openLake(t, lake.url, PASSPHRASE, { gapRetries: 0 });
  assert.deepEqual(await readRows(opened, { startLedger: 10, endLedger: 16 }, PASSPHRASE), expectedRows(10, 16));
});

test('a lake of another network is refused, by what it says of itself and by its ledgers', async (t) => {
  const lake = lakeOf(t, 10, 16, ONE);
  const other = 'Public Global Stellar Network ; September 2015';
  const said = await openLake(t, lake.url, other);
  const range = { startLedger: 10, endLedger: 12 };
  await assert.rejects(readRows(said, range, other), {
    code: 'PASSPHRASE_MISMATCH',
    message: /\.config\.json says "Test SDF/,
  });
  lake.remove('.config.json');
  const silent = await openLake(t, lake.url, other);
  await assert.rejects(readRows(silent, range, other), {
    code: 'PASSPHRASE_MISMATCH',
    message: /ledger 10 is not of the network/,
  });
});

test('a manifest that makes no sense is an error, not a guess', async (t) => {
  const lake = lakeOf(t, 10, 16, ONE);
  lake.put('.config.json', Buffer.from('{"ledgersPerBatch": "1"}'));
  const opened = await openLake(t, lake.url, PASSPHRASE);
  await assert.rejects(opened.newestLedger(), {
    code: 'SOURCE_INVALID',
    message: /ledgersPerBatch and batchesPerPartition/,
  });
});
