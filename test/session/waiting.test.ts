/** What waits for whom: the source for readers, readers for each other, and for how long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { rowsOf } from '../service/flight-reader.js';
import { eventually, pause } from '../service/running-service.js';
import { expectedRows } from '../service/simulated-source.js';
import {
  assertContiguous,
  retainedFrom,
  rowsLike,
  type SessionService,
  sessionService,
  ticketOf,
} from './session-service.js';

/** Rows of about 2 KB, in batches of a ledger or two: a window of 4 MiB is full after some fifty ledgers. */
const WIDE = { columns: ['default', 'key_decoded', 'val_decoded', 'prev_val_xdr'], batch_size: 60 };
const SMALL_WINDOW = { SESSION_WINDOW_MB: '4', KEEPALIVE_INTERVAL: '200ms' };

/** Resolves with the session's status when its source waits for readers. */
async function isFull(service: SessionService, id: string): ReturnType<SessionService['status']> {
  await eventually('the window is full', async () => (await service.status(id)).waiting_for_readers, 20_000);
  return await service.status(id);
}

test('with no reader nothing goes: the window fills, the source waits, and the first reader gets every row', async (t) => {
  const service = await sessionService(t, SMALL_WINDOW);
  const id = await service.start({ start_ledger: 1000, end_ledger: 1149, ...WIDE });
  const full = await isFull(service, id);
  assert.equal(full.status, 'RUNNING');
  assert.equal(full.retained_from_ledger, 1000);
  assert.ok(full.watermark < 1149);
  await pause(300);
  assert.equal((await service.status(id)).watermark, full.watermark, 'it goes on though its window is full');

  const reading = await service.reader.read(ticketOf(id));
  const expected = expectedRows(1000, 1149);
  assert.deepEqual(rowsLike(expected, reading), expected);
  assertContiguous(reading, 1000, 1149);
});

test('a reader standing still by itself is waited for, longer than SLOW_READER_TIMEOUT', async (t) => {
  const service = await sessionService(t, { ...SMALL_WINDOW, SLOW_READER_TIMEOUT: '200ms' });
  const id = await service.start({ start_ledger: 1000, end_ledger: 1119, ...WIDE });
  const standing = service.standing(ticketOf(id));
  await standing.attached();
  await isFull(service, id);
  await pause(600);
  const reading = await standing.read();
  assert.equal(reading.status, status.OK, reading.text);
  const expected = expectedRows(1000, 1119);
  assert.deepEqual(rowsLike(expected, reading), expected);
});

test('a reader that keeps others waiting is detached, and its error says where to resume; nobody loses a row', async (t) => {
  const service = await sessionService(t, { ...SMALL_WINDOW, SLOW_READER_TIMEOUT: '300ms' });
  const id = await service.start({ start_ledger: 1000, end_ledger: 1119, ...WIDE });
  const standing = service.standing(ticketOf(id));
  await standing.attached();
  const fast = await service.reader.read(ticketOf(id));
  const expected = expectedRows(1000, 1119);
  assert.equal(fast.status, status.OK, fast.text);
  assert.deepEqual(rowsLike(expected, fast), expected);

  const slow = await standing.read();
  assert.equal(slow.status, status.RESOURCE_EXHAUSTED);
  const resume = Number(/^SLOW_READER: .*resume_from=(\d+)$/.exec(slow.text)?.[1]);
  assert.equal(slow.batches.at(-1)!.progress.complete_through, resume - 1);
  const before = expectedRows(1000, resume - 1);
  assert.deepEqual(rowsLike(expected, slow), before);
  const { retained_from_ledger: retained } = await service.status(id);
  assert.ok(resume < retained, 'the slow reader’s place is gone');
  assert.equal((await service.metrics()).get('contract_data_slow_readers_total'), 1);

  // From the error text: the session has passed it, and says what it still has; the range has it all.
  const passed = await service.reader.read(ticketOf(id, resume));
  assert.equal(passed.status, status.OUT_OF_RANGE);
  assert.match(passed.text, new RegExp(`^WINDOW_PASSED: .*first retained ledger is ${retained}\\b`));
  const { range } = await service.status(id);
  const rest = await service.reader.readRange({ ...(JSON.parse(range) as object), start_ledger: resume });
  assert.deepEqual([...before, ...rowsLike(expected, rest)], expected);
});

test('a late reader starts at the oldest batch held, and the schema says which ledger that is', async (t) => {
  const service = await sessionService(t, SMALL_WINDOW);
  const id = await service.start({ start_ledger: 1000, end_ledger: 1149, ...WIDE });
  await service.reader.read(ticketOf(id));
  const { retained_from_ledger: retained } = await service.reaches(id, 'STOPPED');
  assert.ok(retained > 1000);
  const late = await service.reader.read(ticketOf(id));
  const expected = expectedRows(retained, 1149);
  assert.equal(retainedFrom(late), retained);
  assert.deepEqual(rowsLike(expected, late), expected);
  assertContiguous(late, retained, 1149);
  const metrics = await service.control('GetMetrics', { session_id: id });
  assert.equal(Number(metrics.contracts_processed), expectedRows(1000, 1149).length, 'counted once for all readers');
});

test('a reader that leaves frees its place: the others go on at once', async (t) => {
  const service = await sessionService(t, SMALL_WINDOW);
  const id = await service.start({ start_ledger: 1000, end_ledger: 1119, ...WIDE });
  const standing = service.standing(ticketOf(id));
  await standing.attached();
  const fast = service.reader.read(ticketOf(id));
  await isFull(service, id);
  standing.leave();
  const reading = await fast;
  assert.equal(reading.status, status.OK);
  const expected = expectedRows(1000, 1119);
  assert.deepEqual(rowsLike(expected, reading), expected);
});

test('a window full of rows that nobody reads leaves the other streams the memory they need', async (t) => {
  const service = await sessionService(t, { SESSION_WINDOW_MB: '16', MAX_MEMORY_MB: '32', STREAM_SHARE: '8MiB' });
  const id = await service.start({ start_ledger: 1000, end_ledger: 0, ...WIDE });
  await isFull(service, id);
  // The window has two of the four shares, the session one: one more stream has room.
  const range = await service.reader.readRange({ start_ledger: 10, end_ledger: 19 });
  assert.deepEqual(rowsOf(range), expectedRows(10, 19));
  const held = (await service.metrics()).get('contract_data_queued_bytes{stage="stream"}')!;
  assert.ok(held > 15 * 2 ** 20 && held <= 32 * 2 ** 20, String(held));
  await service.control('StopProcessing', { session_id: id });
  await service.reaches(id, 'STOPPED');
});

test('a session that cannot have its window gets a smaller one, and every reader still gets every row', async (t) => {
  const service = await sessionService(t, { SESSION_WINDOW_MB: '16', MAX_MEMORY_MB: '32', STREAM_SHARE: '8MiB' });
  const ids: string[] = [];
  for (let i = 0; i < 4; i += 1) ids.push(await service.start({ start_ledger: 1000, end_ledger: 1079, ...WIDE }));
  const readings = await Promise.all(ids.map((id) => service.reader.read(ticketOf(id))));
  const expected = expectedRows(1000, 1079);
  for (const reading of readings) {
    assert.equal(reading.status, status.OK, reading.text);
    assert.deepEqual(rowsLike(expected, reading), expected);
  }
});
