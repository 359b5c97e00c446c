/** /metrics against what readers really got, and what stellar-base says is there. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileCleanup } from './cleanup.js';
import { FlightReader, rowsOf } from './flight-reader.js';
import { eventually, runService, type RunningService } from './running-service.js';
import { expectedRows, ledgerBytes, simulatedSource } from './simulated-source.js';

const cleanup = fileCleanup();
const [FIRST, LAST] = [500, 560];
const ledgers = Array.from({ length: LAST - FIRST + 1 }, (_, i) => FIRST + i);
const rawBytes = ledgers.reduce((sum, sequence) => sum + ledgerBytes(sequence).length, 0);

let service: RunningService;
let reader: FlightReader;
before(async () => {
  service = await runService(cleanup, await simulatedSource(cleanup));
  reader = new FlightReader(cleanup, service.ports.flight);
});

/** How each series changed while `work` ran. */
async function changes(work: () => Promise<void>): Promise<(name: string) => number> {
  const before = await service.metrics();
  await work();
  const after = await service.metrics();
  return (name) => {
    assert.ok(after.has(name), `there is no ${name}`);
    return after.get(name)! - (before.get(name) ?? 0);
  };
}

test('rows, batches, bytes and ledgers are what two readers got', async () => {
  const request = { start_ledger: FIRST, end_ledger: LAST, filters: { include_deleted: false } };
  let batches = 0;
  let sentBytes = 0;
  const rows = expectedRows(FIRST, LAST).filter((row) => row.deleted === false).length;
  const changed = await changes(async () => {
    for (const reading of await Promise.all([reader.readRange(request), reader.readRange(request)])) {
      assert.equal(rowsOf(reading).length, rows);
      batches += reading.batches.filter(({ progress }) => progress.rows > 0).length;
      sentBytes += reading.batches.reduce((sum, { header, body }) => sum + header.length + body.length, 0);
    }
  });
  assert.equal(changed('contract_data_contracts_processed_total'), 2 * rows);
  assert.equal(changed('contract_data_flight_records_streamed_total'), 2 * rows);
  assert.equal(changed('contract_data_entries_skipped_total'), 2 * (expectedRows(FIRST, LAST).length - rows));
  assert.equal(changed('contract_data_batches_created_total'), batches);
  assert.equal(changed('contract_data_ledgers_processed_total'), 2 * ledgers.length);
  assert.equal(changed('contract_data_processing_duration_seconds_count'), 2 * ledgers.length);
  assert.equal(changed('contract_data_bytes_processed_total'), 2 * rawBytes);
  assert.equal(changed('contract_data_source_received_ledgers_total'), 2 * ledgers.length);
  const sent = changed('contract_data_flight_sent_bytes_total');
  assert.ok(sent > sentBytes && sent < sentBytes + 100 * (batches + 4) + 20_000, `${sent} of ${sentBytes}`);
  assert.equal(changed('contract_data_rpcs_total{method="DoGet",code="OK"}'), 2);
});

test('current_ledger and the tip are the last ledger delivered', async () => {
  await reader.readRange({ start_ledger: 700, end_ledger: 733 });
  const metrics = await service.metrics();
  assert.equal(metrics.get('contract_data_current_ledger'), 733);
  assert.equal(metrics.get('contract_data_tip_ledger'), 733);
  await reader.readRange({ start_ledger: 100, end_ledger: 101 });
  assert.equal((await service.metrics()).get('contract_data_current_ledger'), 733, 'an older range is not news');
});

test('while readers read, gauges say so; when they have left, nothing is held', async () => {
  const { tickets } = await reader.info({ start_ledger: 1, end_ledger: 100_000 });
  let left = false;
  const readings = [1, 2].map(() =>
    reader.read(tickets[0]!, async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return !left;
    }),
  );
  const gauge = async (name: string): Promise<number> => (await service.metrics()).get(name)!;
  await eventually('two clients', async () => (await gauge('contract_data_flight_clients_connected')) === 2);
  await eventually('two streams', async () => (await gauge('contract_data_open_streams{kind="range"}')) === 2);
  await eventually(
    'the source',
    async () => (await gauge('contract_data_source_connections{state="streaming"}')) === 2,
  );
  await eventually('bytes', async () => (await gauge('contract_data_queued_bytes{stage="stream"}')) > 0);
  await eventually('a watermark', async () => (await gauge('contract_data_watermark_ledger')) > 0);
  left = true;
  await Promise.all(readings);
  await eventually('all is given back', async () => {
    const metrics = await service.metrics();
    const held = [...metrics].filter(([name]) =>
      /^contract_data_(queued_|open_streams|flight_clients|rpcs_active|source_connections)/.test(name),
    );
    assert.ok(held.length > 10);
    return held.every(([, value]) => value === 0);
  });
});

test('the decode threads are busy while they decode, and never more than they can be', async () => {
  const startedAt = process.cpuUsage();
  const since = performance.now();
  await reader.readRange({ start_ledger: 1_000, end_ledger: 1_600, filters: { modified_after_ledger: 4_000_000_000 } });
  const { user } = process.cpuUsage(startedAt);
  const busy = user / 1000 / (performance.now() - since);
  const ratio = (await service.metrics()).get('contract_data_worker_utilisation_ratio')!;
  assert.ok(ratio <= 1, `${ratio}`);
  assert.ok(ratio > 0.01, `a thread that decoded 600 ledgers (${busy.toFixed(2)} processors busy) was busy ${ratio}`);
});

test('errors are counted by their code, and calls by their status', async () => {
  const changed = await changes(async () => {
    await reader.read('{}');
    await reader.read('nonsense');
  });
  assert.equal(changed('contract_data_rpcs_total{method="DoGet",code="INVALID_ARGUMENT"}'), 2);
  assert.equal(changed('contract_data_processing_errors_total{code="INTERNAL"}'), 0);
});

test('what the source does wrong is counted', async (t) => {
  const faults = {
    repeat: [{ ledger: 20, always: true }],
    skip: [{ ledger: 15, always: false }],
    unavailableEvery: 25,
  };
  const faulty = await runService(t, await simulatedSource(t, { protocols: ['ledgers'], faults }));
  const reading = await new FlightReader(t, faulty.ports.flight).readRange({ start_ledger: 11, end_ledger: 60 });
  assert.deepEqual(rowsOf(reading), expectedRows(11, 60));
  const metrics = await faulty.metrics();
  assert.ok(metrics.get('contract_data_source_duplicate_ledgers_total')! >= 1);
  assert.ok(metrics.get('contract_data_source_reconnects_total{reason="gap"}')! >= 1);
  assert.ok(metrics.get('contract_data_source_reconnects_total{reason="failed"}')! >= 1);
});

test('a stream that fails is counted by the code of its error', async (t) => {
  const faults = { corrupt: [{ ledger: 20, always: true }] };
  const faulty = await runService(t, await simulatedSource(t, { faults }), { LOG_LEVEL: 'silent' });
  const { text } = await new FlightReader(t, faulty.ports.flight).readRange({ start_ledger: 11, end_ledger: 60 });
  const [, code] = /^([A-Z_]+):/.exec(text)!;
  const metrics = await faulty.metrics();
  assert.equal(metrics.get(`contract_data_processing_errors_total{code="${code}"}`), 1);
  assert.equal(metrics.get('contract_data_current_ledger'), 19);
  assert.equal(metrics.get('contract_data_contracts_processed_total'), expectedRows(11, 19).length);
});

test('what is claimed for a ledger that does not come is held for the source, and nothing else is', async (t) => {
  const faults = { hangAfter: [{ ledger: 15, always: true }] };
  const waiting = await runService(t, await simulatedSource(t, { protocols: ['ledgers'], faults }));
  const reading = new FlightReader(t, waiting.ports.flight).readRange({ start_ledger: 11, end_ledger: 0 });
  const bytes = async (stage: string): Promise<number> =>
    (await waiting.metrics()).get(`contract_data_queued_bytes{stage="${stage}"}`)!;
  await eventually('all that came was sent', async () => {
    const metrics = await waiting.metrics();
    return metrics.get('contract_data_current_ledger') === 15 && (await bytes('stream')) === 0;
  });
  assert.ok((await bytes('source')) > 0);
  assert.equal(await bytes('pool'), 0);
  await waiting.stop();
  await reading;
});
