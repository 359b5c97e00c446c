import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusyShare } from '../../src/ops/busy-share.js';
import { History, MAX_SAMPLES } from '../../src/status-page/history.js';

const countOf = ({ samples }: History): number => samples.length;

test('a sample is what happened since the one before, by the second', async () => {
  let totals = { rows: 1_000, ledgers: 10, bytes: 1e6 };
  const history = new History({ totals: () => Promise.resolve(totals), takeWorkersBusy: () => 0.25 });
  await history.sample(5_000);
  assert.equal(countOf(history), 0, 'what was before the start is nobody’s speed');
  totals = { rows: 2_000, ledgers: 30, bytes: 5e6 };
  await history.sample(9_000);
  const [sample] = history.samples;
  assert.equal(sample?.contracts_per_second, 250);
  assert.equal(sample.ledgers_per_second, 5);
  assert.equal(sample.bytes_per_second, 1e6);
  assert.equal(sample.workers_busy, 0.25);
  assert.ok(sample.main_thread_busy >= 0 && sample.main_thread_busy <= 1);
  assert.ok(sample.resident_bytes > 1e6);
});

test('only the last quarter of an hour is kept', async () => {
  let rows = 0;
  const totals = (): Promise<{ rows: number; ledgers: number; bytes: number }> =>
    Promise.resolve({ rows: (rows += 1), ledgers: 0, bytes: 0 });
  const history = new History({ totals, takeWorkersBusy: () => 0 });
  for (let second = 0; second <= MAX_SAMPLES + 10; second += 1) await history.sample(second * 2_000);
  assert.equal(history.samples.length, MAX_SAMPLES);
  assert.ok(history.samples.every((sample) => sample.contracts_per_second === 0.5));
});

test('two samples at one moment are one', async () => {
  const history = new History({
    totals: () => Promise.resolve({ rows: 0, ledgers: 0, bytes: 0 }),
    takeWorkersBusy: () => 0,
  });
  await history.sample(1_000);
  await history.sample(1_000);
  assert.equal(countOf(history), 0);
});

test('readers of how busy threads are do not take from each other, and none is told more than all', () => {
  let busyMs = 0;
  const shares = [new BusyShare(() => busyMs, 2), new BusyShare(() => busyMs, 2)];
  busyMs = 1e9;
  assert.deepEqual(
    shares.map((share) => share.take()),
    [1, 1],
  );
  assert.deepEqual(
    shares.map((share) => share.take()),
    [0, 0],
  );
});
