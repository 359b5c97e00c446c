/** Readers have nothing in common but the source: each gets every row, at its own pace, whatever the others do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { pause, runService } from '../service/running-service.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';

test('every reader of one ticket gets every row, the slow one too, though all share the memory of four streams', async (t) => {
  const { ports } = await runService(t, await simulatedSource(t), { MAX_MEMORY_MB: '32', WORKER_COUNT: '2' });
  const reader = new FlightReader(t, ports.flight);
  const { tickets } = await reader.info({ start_ledger: 800, end_ledger: 870, batch_size: 200 });
  const pausesMs = [0, 0, 5, 40];
  const readings = await Promise.all(pausesMs.map((ms) => reader.read(tickets[0]!, () => pause(ms))));
  for (const reading of readings) {
    assert.equal(reading.text, '');
    assert.deepEqual(rowsOf(reading), expectedRows(800, 870));
  }
});

test('a reader that asks for other rows changes nothing for the one beside it', async (t) => {
  const { ports } = await runService(t, await simulatedSource(t));
  const reader = new FlightReader(t, ports.flight);
  const range = { start_ledger: 800, end_ledger: 840 };
  const isCreated = { filters: { change_types: ['created'] }, batch_size: 7 };
  const [all, created] = await Promise.all([reader.readRange(range), reader.readRange({ ...range, ...isCreated })]);
  assert.deepEqual(rowsOf(all), expectedRows(800, 840));
  assert.deepEqual(
    rowsOf(created),
    expectedRows(800, 840).filter((row) => row.change_type === 'created'),
  );
});

test('a reader that is not there yet loses nothing: a range begins when it is read', async (t) => {
  const { ports } = await runService(t, await simulatedSource(t));
  const reader = new FlightReader(t, ports.flight);
  const { tickets } = await reader.info({ start_ledger: 800, end_ledger: 810 });
  await pause(500);
  assert.deepEqual(rowsOf(await reader.read(tickets[0]!)), expectedRows(800, 810));
});

test('an unknown ticket is refused at once, while others read', async (t) => {
  const { ports } = await runService(t, await simulatedSource(t));
  const reader = new FlightReader(t, ports.flight);
  const reading = reader.readRange({ start_ledger: 800, end_ledger: 860 });
  const startedAt = performance.now();
  assert.match((await reader.read('unknown')).text, /^REQUEST_INVALID: /);
  assert.ok(performance.now() - startedAt < 1_000);
  assert.deepEqual(rowsOf(await reading), expectedRows(800, 860));
});
