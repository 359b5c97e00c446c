/** The ends of sessions that somebody wants: StopProcessing, SIGTERM, and what is left for readers after them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { rowsOf } from '../service/flight-reader.js';
import { eventually, pause } from '../service/running-service.js';
import { expectedRows } from '../service/simulated-source.js';
import { assertContiguous, flightInfo, retainedFrom, rowsLike, sessionService, ticketOf } from './session-service.js';

const WIDE = { columns: ['default', 'key_decoded', 'val_decoded', 'prev_val_xdr'], batch_size: 60 };

/** Few ledgers under way, so that few are left to be compared. */
const NARROW = { CHANNEL_BUFFER_SIZE: '4', LEDGERS_PER_TASK: '2' };

test('a stop returns at once; what was accepted is finished, and readers read the rest to an end that says stopped', async (t) => {
  const service = await sessionService(t, { SESSION_WINDOW_MB: '4', ...NARROW }, { protocols: ['ledgers'] });
  const id = await service.start({ start_ledger: 1000, end_ledger: 0, ...WIDE });
  const standing = service.standing(ticketOf(id));
  await standing.attached();
  await eventually('the window is full', async () => (await service.status(id)).waiting_for_readers, 20_000);
  const answer = await service.control('StopProcessing', { session_id: id });
  assert.ok(answer.success);
  const stopped = await service.reaches(id, 'STOPPED');
  assert.equal(stopped.reason, 'REQUESTED');

  const attached = await standing.read();
  const late = await service.reader.read(ticketOf(id));
  // What the standing reader had taken could go when the window was full.
  const retained = retainedFrom(late);
  for (const [reading, first] of [
    [attached, 1000],
    [late, retained],
  ] as const) {
    const expected = expectedRows(first, stopped.watermark);
    assert.equal(reading.status, status.OK, reading.text);
    const { end, complete_through: through, rows } = reading.batches.at(-1)!.progress;
    assert.deepEqual({ end, through, rows }, { end: 'stopped', through: stopped.watermark, rows: 0 });
    assert.deepEqual(rowsLike(expected, reading), expected);
    assertContiguous(reading, first, stopped.watermark);
  }
  assert.match((await service.control('StopProcessing', { session_id: id })).message, /already/);
});

test('one reader stands still and is detached, the session is stopped: together, both readers have every row', async (t) => {
  const env = { SESSION_WINDOW_MB: '4', SLOW_READER_TIMEOUT: '200ms', ...NARROW };
  const service = await sessionService(t, env, { protocols: ['ledgers'] });
  const id = await service.start({ start_ledger: 1000, end_ledger: 0, ...WIDE });
  await service.reaches(id, 'RUNNING');
  const standing = service.standing(ticketOf(id));
  await standing.attached();
  let stopped: Promise<unknown> | undefined;
  const other = await service.reader.read(ticketOf(id), async ({ progress }) => {
    if (progress.complete_through < 1040) return;
    if ((await service.metrics()).get('contract_data_slow_readers_total') === 1) {
      stopped ??= service.control('StopProcessing', { session_id: id });
    }
  });
  await stopped;
  const { watermark } = await service.reaches(id, 'STOPPED');
  const expected = expectedRows(1000, watermark);
  assert.equal(other.batches.at(-1)!.progress.end, 'stopped');
  assert.deepEqual(rowsLike(expected, other), expected);

  const slow = await standing.read();
  assert.equal(slow.status, status.RESOURCE_EXHAUSTED);
  const resume = Number(/^SLOW_READER: .*resume_from=(\d+)$/.exec(slow.text)?.[1]);
  const { metadata } = await flightInfo(service, ['contract', 'data', id]);
  const rest = { ...(metadata.range as object), start_ledger: resume, end_ledger: watermark };
  const resumed = await service.reader.readRange(rest);
  assert.deepEqual([...rowsLike(expected, slow), ...rowsLike(expected, resumed)], expected);
});

test('sessions that nobody reads stop, though all memory is taken and none of it can be freed', async (t) => {
  const service = await sessionService(t, { MAX_MEMORY_MB: '32' });
  const ids: string[] = [];
  for (let i = 0; i < 4; i += 1) ids.push(await service.start({ start_ledger: 1000, end_ledger: 0, ...WIDE }));
  for (const id of ids) {
    await eventually('it waits', async () => (await service.status(id)).waiting_for_readers, 30_000);
  }
  for (const id of ids) await service.control('StopProcessing', { session_id: id });
  for (const id of ids) assert.equal((await service.reaches(id, 'STOPPED')).reason, 'REQUESTED');
});

test('a session stopped before its first ledger came ends at once, and so do its readers', async (t) => {
  const service = await sessionService(t, {}, { faults: { unavailableEvery: 0 } });
  const id = await service.start({ start_ledger: 5 });
  const reading = service.reader.read(ticketOf(id));
  await eventually('the reader is there', async () => (await service.status(id)).readers === 1);
  assert.equal((await service.status(id)).status, 'STARTING');
  await service.control('StopProcessing', { session_id: id });
  assert.equal((await service.reaches(id, 'STOPPED')).reason, 'REQUESTED');
  const { status: code, batches } = await reading;
  assert.equal(code, status.OK);
  assert.deepEqual(
    batches.map(({ progress }) => [progress.complete_through, progress.rows, progress.end]),
    [[4, 0, 'stopped']],
  );
});

test('rows that nobody reads are dropped SESSION_RETENTION after the end, which status says; then the session is forgotten', async (t) => {
  const service = await sessionService(t, { SESSION_RETENTION: '500ms' });
  const id = await service.start({ start_ledger: 40, end_ledger: 49 });
  await service.reaches(id, 'STOPPED');
  assert.equal((await service.status(id)).dropped_from_ledger, 0);
  await eventually('rows are dropped', async () => (await service.status(id)).dropped_from_ledger === 40);
  const { metadata } = await flightInfo(service, ['contract', 'data', id]);
  const reading = await service.reader.read(ticketOf(id));
  assert.equal(reading.status, status.NOT_FOUND);
  assert.match(reading.text, /no longer held/);
  assert.deepEqual(rowsOf(await service.reader.readRange(metadata.range as object)), expectedRows(40, 49));
  await eventually('it is forgotten', async () => {
    const { sessions } = await service.control('ListSessions');
    return sessions.length === 0;
  });
  await assert.rejects(service.status(id), { code: status.NOT_FOUND });
});

test('memory of sessions that were read is there for others, who are not refused because of them', async (t) => {
  const service = await sessionService(t, { MAX_MEMORY_MB: '32' });
  for (let i = 0; i < 12; i += 1) {
    const id = await service.start({ start_ledger: 40, end_ledger: 44 });
    assert.deepEqual(rowsOf(await service.reader.read(ticketOf(id))), expectedRows(40, 44));
  }
});

test('sessions nobody has read are not robbed of their rows: another one is refused as UNAVAILABLE', async (t) => {
  const service = await sessionService(t, { MAX_MEMORY_MB: '32' });
  const ids: string[] = [];
  for (let i = 0; i < 4; i += 1) {
    const id = await service.start({ start_ledger: 40, end_ledger: 44 });
    await service.reaches(id, 'STOPPED');
    ids.push(id);
  }
  await assert.rejects(service.start({ start_ledger: 40, end_ledger: 44 }), { code: status.UNAVAILABLE });
  for (const id of ids) assert.deepEqual(rowsOf(await service.reader.read(ticketOf(id))), expectedRows(40, 44));
  await service.start({ start_ledger: 40, end_ledger: 44 });
});

test('SIGTERM leaves the source, delivers what was accepted, then says UNAVAILABLE and where to resume', async (t) => {
  const env = { SHUTDOWN_TIMEOUT: '10s', KEEPALIVE_INTERVAL: '200ms', ...NARROW };
  const service = await sessionService(t, env, { protocols: ['ledgers'] });
  const waiting = service.reader.read('contract-data-stream');
  await pause(100);
  const id = await service.start({ start_ledger: 800, end_ledger: 0, batch_size: 60 });
  let stopping: Promise<number> | undefined;
  const reading = await service.reader.read(ticketOf(id), ({ progress }) => {
    if (progress.complete_through > 805) stopping ??= service.stop();
  });
  assert.equal(reading.status, status.UNAVAILABLE);
  const resume = Number(/^SHUTTING_DOWN: .*resume_from=(\d+)$/.exec(reading.text)?.[1]);
  assert.deepEqual(rowsOf(reading), expectedRows(800, resume - 1));
  assertContiguous(reading, 800, resume - 1);
  assert.equal((await waiting).status, status.UNAVAILABLE);
  assert.equal(await stopping, 0);
});

test('SIGTERM ends within its timeout though a reader stands still', async (t) => {
  const service = await sessionService(t, { SHUTDOWN_TIMEOUT: '1s', SESSION_WINDOW_MB: '4' });
  const id = await service.start({ start_ledger: 1000, end_ledger: 0, ...WIDE });
  const standing = service.standing(ticketOf(id));
  await standing.attached();
  await eventually('the window is full', async () => (await service.status(id)).waiting_for_readers, 20_000);
  const since = performance.now();
  await service.stop();
  assert.ok(performance.now() - since < 1600);
});
