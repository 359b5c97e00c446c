import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { encode } from '../flight/google-protobuf.js';
import { arrowSchemaOf, rowsOf } from '../service/flight-reader.js';
import { eventually, pause } from '../service/running-service.js';
import { expectedRows } from '../service/simulated-source.js';
import { assertContiguous, flightInfo, infoOf, retainedFrom, sessionService, ticketOf } from './session-service.js';

test('a bounded session gives every row to a reader who comes late, and ends as COMPLETED', async (t) => {
  const service = await sessionService(t);
  const id = await service.start({ start_ledger: 300, end_ledger: 329, batch_size: 100 });
  const ended = await service.reaches(id, 'STOPPED');
  assert.equal(ended.reason, 'COMPLETED');
  assert.equal(ended.watermark, 329);
  assert.equal(ended.current_ledger, 0, 'nothing was delivered yet');

  const reading = await service.reader.read(ticketOf(id));
  assert.equal(reading.status, status.OK);
  assert.deepEqual(rowsOf(reading), expectedRows(300, 329));
  assertContiguous(reading, 300, 329);
  assert.equal(reading.batches.at(-1)!.progress.end, 'complete');
  assert.ok(reading.batches.every(({ progress }) => progress.rows <= 100));
  assert.equal(retainedFrom(reading), 300);
  const { current_ledger: current, target_ledger: target, entries_processed: entries } = await service.status(id);
  assert.deepEqual([current, target, Number(entries)], [329, 329, expectedRows(300, 329).length]);
});

test('a session of one ledger works', async (t) => {
  const service = await sessionService(t);
  const id = await service.start({ start_ledger: 77, end_ledger: 77 });
  const reading = await service.reader.read(ticketOf(id));
  assert.deepEqual(rowsOf(reading), expectedRows(77, 77));
  assert.equal(reading.batches.at(-1)!.progress.end, 'complete');
  assert.equal((await service.reaches(id, 'STOPPED')).reason, 'COMPLETED');
});

test('four readers of a session all get every row, and the source makes each ledger once', async (t) => {
  const service = await sessionService(t, {}, { ledgersPerSecond: 0 });
  const id = await service.start({ start_ledger: 400, end_ledger: 429, batch_size: 60 });
  const readings = await Promise.all([1, 2, 3, 4].map(() => service.reader.read(ticketOf(id))));
  for (const reading of readings) assert.deepEqual(rowsOf(reading), expectedRows(400, 429));
  const made = service.made.filter((ledger) => ledger >= 400 && ledger <= 429);
  assert.deepEqual(
    [...made].sort(),
    Array.from({ length: 30 }, (_, i) => 400 + i),
  );
  const metrics = await service.metrics();
  const rows = expectedRows(400, 429).length;
  assert.equal(metrics.get('contract_data_ledgers_processed_total'), 30);
  assert.equal(metrics.get('contract_data_contracts_processed_total'), rows);
  assert.equal(metrics.get('contract_data_flight_records_streamed_total'), 4 * rows);
});

test('a session is found by its path, by both forms of the newest, and by the predecessor’s ticket', async (t) => {
  const service = await sessionService(t);
  await service.start({ start_ledger: 20, end_ledger: 22 });
  const id = await service.start({ start_ledger: 10, end_ledger: 12 });
  await service.reaches(id, 'STOPPED');
  const named = [['contract', 'data', id], ['contract', 'data'], { session: id }, { session: 'latest' }];
  for (const descriptor of named) {
    const { tickets } = await flightInfo(service, descriptor);
    assert.equal(tickets.length, 1);
    assert.deepEqual(rowsOf(await service.reader.read(tickets[0]!)), expectedRows(10, 12), JSON.stringify(descriptor));
  }
  const queries = ['contract-data-stream', `{"session":"${id}"}`].map((q) => JSON.stringify({ sql_query: q }));
  for (const ticket of ['contract-data-stream', ticketOf('latest'), ...queries]) {
    assert.deepEqual(rowsOf(await service.reader.read(ticket)), expectedRows(10, 12), ticket);
  }
});

test('unknown sessions are NOT_FOUND, malformed requests INVALID_ARGUMENT, at once', async (t) => {
  const service = await sessionService(t);
  const missing = await service.reader.read(ticketOf('no-such'));
  assert.equal(missing.status, status.NOT_FOUND);
  assert.match(missing.text, /^FLIGHT_UNKNOWN: .*no-such/);
  await assert.rejects(flightInfo(service, ['contract', 'data', 'no-such']), { code: status.NOT_FOUND });
  await assert.rejects(flightInfo(service, ['contract', 'data', 'a', 'b']), { code: status.NOT_FOUND });
  for (const command of [{ session: 7 }, { session: '' }, { session: 'a', start_ledger: 0 }, { session: 'a', x: 1 }]) {
    await assert.rejects(flightInfo(service, command), { code: status.INVALID_ARGUMENT }, JSON.stringify(command));
  }
});

test('a reader of the newest session waits for one: schema at once, keepalives, then every row', async (t) => {
  const service = await sessionService(t, { KEEPALIVE_INTERVAL: '100ms' });
  let waited: (() => void) | undefined;
  const hasWaited = new Promise<void>((resolve) => (waited = resolve));
  const reading = service.reader.read('contract-data-stream', ({ progress }) => {
    if (progress.complete_through === 0) waited?.();
  });
  await hasWaited;
  await service.start({ start_ledger: 50, end_ledger: 55 });
  const { batches, schema, status: code } = await reading;
  assert.equal(code, status.OK);
  assert.deepEqual(rowsOf({ batches, schema }), expectedRows(50, 55));
  assert.equal(batches[0]!.progress.rows, 0);
});

test('a reader who waited for a session is sent to ask again when it has other columns than were announced', async (t) => {
  const service = await sessionService(t, { KEEPALIVE_INTERVAL: '100ms' });
  let waited: (() => void) | undefined;
  const hasWaited = new Promise<void>((resolve) => (waited = resolve));
  const reading = service.reader.read('contract-data-stream', () => waited?.());
  await hasWaited;
  await service.start({ start_ledger: 50, end_ledger: 51, columns: ['contract_id', 'balance'] });
  assert.equal((await reading).status, status.UNAVAILABLE);
  const again = await service.reader.read('contract-data-stream');
  assert.deepEqual(
    arrowSchemaOf(again).fields.map(({ name }) => name),
    ['contract_id', 'balance'],
  );
  const expected = expectedRows(50, 51).map(({ contract_id, balance }) => ({ contract_id, balance }));
  assert.deepEqual(rowsOf(again), expected);
});

test('filters and columns of a session are its own, and two sessions share nothing', async (t) => {
  const service = await sessionService(t);
  const all = expectedRows(500, 519);
  const contract = String(all[3]!.contract_id);
  const [one, two] = await Promise.all([
    service.start({ start_ledger: 500, end_ledger: 519, batch_size: 7, filters: { contract_ids: [contract] } }),
    service.start({ start_ledger: 500, end_ledger: 519, filters: { include_deleted: false }, signed_integers: true }),
  ]);
  const [first, second] = await Promise.all([one, two].map((id) => service.reader.read(ticketOf(id))));
  const mine = all.filter(({ contract_id: id }) => id === contract);
  const living = all.filter(({ deleted }) => deleted === false);
  assert.ok(mine.length > 0 && living.length < all.length);
  assert.deepEqual(rowsOf(first!), mine);
  assert.ok(first!.batches.every(({ progress }) => progress.rows <= 7));
  const signed = arrowSchemaOf(second!).fields.filter(({ type }) => String(type) === 'Int64');
  assert.ok(signed.some(({ name }) => name === 'ledger_sequence'));
  assert.deepEqual(
    rowsOf(second!).map((row) => Number(row.ledger_sequence)),
    living.map(({ ledger_sequence: ledger }) => ledger),
  );
  const [a, b] = await Promise.all([one, two].map((id) => service.control('GetMetrics', { session_id: id })));
  assert.equal(Number(a!.contracts_processed), mine.length);
  assert.equal(Number(a!.entries_skipped), all.length - mine.length);
  assert.equal(Number(b!.contracts_processed), living.length);
  assert.equal(Number(b!.entries_skipped), all.length - living.length);
});

test('a session read from a ledger on gives what is from there on, and a reader ahead of it waits', async (t) => {
  const service = await sessionService(t, { KEEPALIVE_INTERVAL: '100ms' }, { ledgersPerSecond: 30 });
  // The source's clock: it has its first ledgers only.
  const id = await service.start({ start_ledger: 1, end_ledger: 25, batch_size: 1 });
  const reading = await service.reader.read(ticketOf(id, 20));
  assert.deepEqual(rowsOf(reading), expectedRows(20, 25));
  assert.equal(retainedFrom(reading), 20);
  const early = await service.reader.read(ticketOf(id, 1));
  assert.deepEqual(rowsOf(early), expectedRows(1, 25));
  assert.equal((await service.reader.read(ticketOf(id, 26))).status, status.INVALID_ARGUMENT);
});

test('a reader from a ledger within a batch gets the batch whole, and the schema says with which ledger it begins', async (t) => {
  const service = await sessionService(t);
  const id = await service.start({ start_ledger: 100, end_ledger: 129, batch_size: 200 });
  await service.reaches(id, 'STOPPED');
  const whole = await service.reader.read(ticketOf(id));
  const batch = whole.batches[1]!.progress;
  assert.ok(batch.last_ledger > batch.first_ledger);
  for (const ledger of [batch.first_ledger, batch.first_ledger + 1, batch.last_ledger]) {
    const reading = await service.reader.read(ticketOf(id, ledger));
    assert.equal(retainedFrom(reading), batch.first_ledger);
    assert.deepEqual(rowsOf(reading), expectedRows(batch.first_ledger, 129));
  }
});

test('sessions are listed as flights by their paths, beside the range of everything', async (t) => {
  const service = await sessionService(t);
  const ids = [
    await service.start({ start_ledger: 5, end_ledger: 6 }),
    await service.start({ start_ledger: 7, end_ledger: 8 }),
  ];
  const list = async (criteria: string): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const info of service.reader.call(
      'ListFlights',
      encode('Criteria', { Expression: Buffer.from(criteria) }),
    )) {
      found.push(infoOf(info as Buffer).path);
    }
    return found;
  };
  const paths = ids.map((id) => ['contract', 'data', id]);
  assert.deepEqual(await list(''), [...paths, []]);
  assert.deepEqual(await list('contract/data'), paths);
  assert.deepEqual(await list(`contract/data/${ids[1]!}`), [paths[1]]);
  assert.deepEqual(await list('x'), []);
});

test('FlightInfo has the session as a range, which gives the same rows whatever the defaults are', async (t) => {
  const service = await sessionService(t, { INCLUDE_DELETED: 'false' });
  const id = await service.start({ start_ledger: 600, end_ledger: 612, filters: { include_deleted: true } });
  const { metadata } = await flightInfo(service, ['contract', 'data', id]);
  assert.equal(metadata.session_id, id);
  const range = metadata.range as Record<string, unknown>;
  const resumed = await service.reader.readRange({ ...range, start_ledger: 606 });
  assert.deepEqual(rowsOf(resumed), expectedRows(606, 612));
});

test('32 sessions at once give each of their readers every row, with the memory there is by default', async (t) => {
  const service = await sessionService(t);
  const starts = Array.from({ length: 32 }, (_, i) => 700 + i);
  const ids = await Promise.all(starts.map((start) => service.start({ start_ledger: start, end_ledger: start + 9 })));
  const readings = await Promise.all(ids.map((id) => service.reader.read(ticketOf(id))));
  readings.forEach((reading, i) => {
    assert.equal(reading.status, status.OK, reading.text);
    assert.deepEqual(rowsOf(reading), expectedRows(starts[i]!, starts[i]! + 9));
  });
});

test('a session whose source fails is in state ERROR, and readers get the rows before it, then the status', async (t) => {
  const service = await sessionService(t, {}, { faults: { corrupt: [{ ledger: 220, always: true }] } });
  const id = await service.start({ start_ledger: 211, end_ledger: 230 });
  const failed = await service.reaches(id, 'ERROR');
  assert.match(failed.error_message, /^LEDGER_(INVALID|MISMATCH): ledger 220/);
  const reading = await service.reader.read(ticketOf(id));
  assert.equal(reading.status, status.DATA_LOSS);
  assert.match(reading.text, /resume_from=220$/);
  assert.deepEqual(rowsOf(reading), expectedRows(211, 219));
});

test('quarantined ledgers are passed by a session, which tells of the gaps', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'session-quarantine-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const env = { ON_BAD_LEDGER: 'quarantine', QUARANTINE_DIR: directory, SOURCE_GAP_RETRIES: '0' };
  const faults = { skip: [{ ledger: 216, always: true }], corrupt: [{ ledger: 221, always: true }] };
  const service = await sessionService(t, env, { faults, protocols: ['ledgers'] });
  const id = await service.start({ start_ledger: 211, end_ledger: 225 });
  const reading = await service.reader.read(ticketOf(id));
  assert.equal(reading.status, status.OK, reading.text);
  const good = [211, 217, 222].flatMap((first, i) => expectedRows(first, [215, 220, 225][i]!));
  assert.deepEqual(rowsOf(reading), good);
  const gaps = reading.batches.flatMap(({ progress }) => (progress as { gaps?: unknown[][] }).gaps ?? []);
  assert.deepEqual(
    gaps.map(([from, to]) => [from, to]),
    [
      [216, 216],
      [221, 221],
    ],
  );
  assertContiguous(reading, 211, 225);
});

test('a quiet session sends messages without rows that tell how far it is', async (t) => {
  const service = await sessionService(
    t,
    { KEEPALIVE_INTERVAL: '100ms' },
    { faults: { hangAfter: [{ ledger: 15, always: true }] } },
  );
  const id = await service.start({ start_ledger: 11, end_ledger: 0 });
  let quiet = 0;
  const reading = await service.reader.read(ticketOf(id), ({ progress }) => {
    if (progress.complete_through === 15 && progress.rows === 0) quiet += 1;
    return quiet < 3;
  });
  assert.deepEqual(rowsOf(reading), expectedRows(11, 15));
  await eventually('the reader’s place is free', async () => (await service.status(id)).readers === 0);
  await pause(1);
});
