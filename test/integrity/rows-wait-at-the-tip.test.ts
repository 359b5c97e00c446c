/** Streams at the tip: what arrives is told at once, and silence is told too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Batch, FlightReader, rowsOf } from '../service/flight-reader.js';
import { runService } from '../service/running-service.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';

/** A source that closes `rate` ledgers a second from ledger 1 on, and a reader of a service in front of it. */
async function atTheTip(t: Parameters<typeof simulatedSource>[0], rate: number, env: Record<string, string> = {}) {
  const source = await simulatedSource(t, { ledgersPerSecond: rate });
  const startedAt = performance.now();
  const { ports } = await runService(t, source, env);
  const closesAt = (sequence: number): number => startedAt + ((sequence - 1) / rate) * 1000;
  return { reader: new FlightReader(t, ports.flight), closesAt };
}

test('each ledger arrives soon after it closed, and none waits for the next', async (t) => {
  const { reader, closesAt } = await atTheTip(t, 2);
  const { tickets } = await reader.info({ start_ledger: 1 });
  const lateMs: number[] = [];
  const reading = await reader.read(tickets[0]!, ({ progress }: Batch) => {
    lateMs.push(performance.now() - closesAt(progress.last_ledger));
    return lateMs.length < 7;
  });
  assert.deepEqual(rowsOf(reading), expectedRows(1, reading.batches.at(-1)!.progress.complete_through));
  // The first ones wait for connection and threads.
  const settled = lateMs.slice(2).sort((a, b) => a - b);
  assert.ok(settled[2]! < 350, `late by ${lateMs.map(Math.round).join(', ')} ms`);
});

test('a stream without a row to send says every KEEPALIVE_INTERVAL how far it is', async (t) => {
  const { reader } = await atTheTip(t, 20, { KEEPALIVE_INTERVAL: '200ms' });
  const { tickets } = await reader.info({ start_ledger: 1, filters: { modified_after_ledger: 4_000_000_000 } });
  const at: number[] = [];
  const { batches } = await reader.read(tickets[0]!, ({ progress }) => {
    at.push(performance.now());
    return progress.complete_through < 30;
  });
  assert.ok(batches.every(({ progress }) => progress.rows === 0));
  const gaps = at.slice(1).map((time, i) => time - at[i]!);
  assert.ok(Math.max(...gaps) < 1_000, `gaps of ${gaps.map(Math.round).join(', ')} ms`);
});

test('a source that has nothing more is silence, told by batches without rows', async (t) => {
  const { reader } = await atTheTip(t, 0.001, { KEEPALIVE_INTERVAL: '150ms' });
  const { tickets } = await reader.info({ start_ledger: 1 });
  let quiet = 0;
  const { batches } = await reader.read(tickets[0]!, ({ progress }) => {
    if (progress.rows === 0 && progress.complete_through === 1) quiet += 1;
    return quiet < 4;
  });
  const rows = rowsOf({ schema: (await reader.readRange({ start_ledger: 1, end_ledger: 1 })).schema, batches });
  assert.deepEqual(rows, expectedRows(1, 1));
  const silent = batches.filter(({ progress }) => progress.rows === 0);
  assert.ok(silent.every(({ progress }) => progress.complete_through <= 1 && progress.end === undefined));
  assert.equal(silent.at(-1)!.progress.complete_through, 1);
});

for (const [what, intervals] of Object.entries({
  'shorter than the keepalive': { FLUSH_INTERVAL: '200ms', KEEPALIVE_INTERVAL: '10s' },
  'as long as the keepalive, as by default': { FLUSH_INTERVAL: '300ms', KEEPALIVE_INTERVAL: '300ms' },
  'longer than the keepalive': { FLUSH_INTERVAL: '400ms', KEEPALIVE_INTERVAL: '100ms' },
})) {
  test(`rows of a bounded range do not wait for a stalled source for longer than a FLUSH_INTERVAL ${what}`, async (t) => {
    // Ledger 1 is there; ledger 2 is not for minutes.
    const { reader } = await atTheTip(t, 0.002, intervals);
    const { tickets } = await reader.info({ start_ledger: 1, end_ledger: 5 });
    const startedAt = performance.now();
    const { batches } = await reader.read(tickets[0]!, ({ progress }) => {
      return progress.rows === 0 && performance.now() - startedAt < 3000;
    });
    assert.equal(batches.at(-1)!.progress.rows, expectedRows(1, 1).length);
  });
}
