import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceError, status } from '@grpc/grpc-js';
import { tableFromIPC } from 'apache-arrow';
import type { PipelineEvent } from '../../src/flowctl/ledger-event.js';
import { type DecodePool, InlineDecodePool } from '../../src/pool/decode-pool.js';
import { readExposition } from '../ops/exposition.js';
import { created, data, id, TEST_PASSPHRASE, u32 } from '../support/contract-entries.js';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { buildLedger } from '../support/ledger-builder.js';
import { oracleRows } from '../support/row-oracle.js';
import { answer, collect, ledgerEvent, processor } from './pipeline-caller.js';
import { until } from './test-clock.js';

/** A ledger with `rows` created entries, built by stellar-base. */
function ledger(sequence: number, rows = 1): Buffer {
  const entries = Array.from({ length: rows }, (_, i) => created(data({ contract: id(1 + i), val: u32(sequence) })));
  return buildLedger({ sequence, transactions: rows === 0 ? [] : [{ operations: [entries] }] });
}

async function send(t: TestContext, events: readonly object[], pool?: DecodePool): Promise<PipelineEvent[]> {
  const { process } = await processor(t, TEST_PASSPHRASE, pool === undefined ? {} : { pool });
  const call = process();
  for (const event of events) call.write(event);
  call.end();
  return await collect(call);
}

/** The columns of an event's payload by which rows are told apart, as apache-arrow reads them. */
function rowsOf({ payload }: PipelineEvent): unknown[][] {
  const table = tableFromIPC(payload);
  return table.toArray().map((row: Record<string, unknown>) => [row.ledger_key_hash, row.val_xdr, row.change_index]);
}

test('each ledger gives one event, with its rows as stellar-base has them', async (t) => {
  const ledgers = [ledger(7, 3), ledger(8, 1), ledger(9, 12)];
  const events = await send(
    t,
    ledgers.map((xdr, i) => ledgerEvent(7 + i, xdr)),
  );
  assert.deepEqual(
    events.map(rowsOf),
    ledgers.map((xdr) =>
      oracleRows(xdr, TEST_PASSPHRASE).map((row) => [row.ledger_key_hash, row.val_xdr, row.change_index]),
    ),
  );
});

test('an event names itself, its ledger and what it was made of', async (t) => {
  const input = ledgerEvent(7, ledger(7));
  const [event] = await send(t, [input]);
  const { payload, ...fields } = event!;
  assert.ok(payload.length > 0);
  assert.deepEqual(fields, {
    id: 'processor-1-7',
    type: 'contract_data.ArrowBatch',
    metadata: { origin: 'a test', ledger_sequence: '7', processor_version: '1.2.3' },
    timestamp: { seconds: '1700000000', nanos: 5 },
    source_component_id: 'processor-1',
    content_type: 'application/vnd.apache.arrow.stream',
    stellar_cursor: { ledger_sequence: '7', index_in_ledger: 0 },
    _stellar_cursor: 'stellar_cursor',
  });
});

test('a ledger without rows gives an event, too: a stream with the schema alone', async (t) => {
  const [event] = await send(t, [ledgerEvent(7, ledger(7, 0))]);
  const table = tableFromIPC(event!.payload);
  assert.equal(table.numRows, 0);
  assert.ok(table.schema.fields.some(({ name }) => name === 'contract_id'));
  assert.equal(event!.payload.subarray(-8).toString('hex'), 'ffffffff00000000');
});

test('real ledgers pass with the rows that the corpus has for them', { skip: skipWithoutCorpus }, async (t) => {
  const passphrase = 'Public Global Stellar Network ; September 2015';
  const chosen = corpusLedgers().filter((one) => one.network_passphrase === passphrase && one.rows > 0);
  assert.ok(chosen.length >= 3);
  const { process } = await processor(t, passphrase);
  const call = process();
  for (const one of chosen) call.write(ledgerEvent(one.ledger_sequence, readCorpus(`${one.name}.xdr`)));
  call.end();
  const events = await collect(call);
  assert.deepEqual(
    events.map((event) =>
      tableFromIPC(event.payload)
        .toArray()
        .map((row: Record<string, unknown>) => [row.contract_id, row.ledger_key_hash, row.val_xdr]),
    ),
    chosen.map(({ name }) =>
      readCorpus(`${name}.jsonl`)
        .toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .map((row) => [row.contract_id, row.ledger_key_hash, row.val_xdr]),
    ),
  );
});

test('events keep their order, whichever ledger is decoded first', async (t) => {
  const inline = new InlineDecodePool();
  const pool: DecodePool = {
    async run(task) {
      await sleep(task.inputs[0]!.sequence! % 3 === 0 ? 30 : 1);
      return await inline.run(task);
    },
    takeBack: () => undefined,
    close: () => inline.close(),
  };
  const sequences = Array.from({ length: 40 }, (_, i) => 3 + i);
  const events = await send(
    t,
    sequences.map((sequence) => ledgerEvent(sequence, ledger(sequence))),
    pool,
  );
  assert.deepEqual(
    events.map(({ stellar_cursor: cursor }) => Number(cursor!.ledger_sequence)),
    sequences,
  );
});

test('configured filters apply', async (t) => {
  const contract = oracleRows(ledger(7, 3), TEST_PASSPHRASE)[1]!.contract_id;
  const { process } = await processor(t, TEST_PASSPHRASE, { filters: { contract_ids: [contract] } });
  const call = process();
  call.write(ledgerEvent(7, ledger(7, 3)));
  call.end();
  const [event] = await collect(call);
  const rows = tableFromIPC(event!.payload).toArray() as { contract_id: string }[];
  assert.deepEqual(
    rows.map((row) => row.contract_id),
    [contract],
  );
});

async function failure(
  t: TestContext,
  events: readonly object[],
): Promise<{ readonly before: PipelineEvent[]; readonly error: ServiceError }> {
  const { process } = await processor(t, TEST_PASSPHRASE);
  const call = process();
  for (const event of events) call.write(event);
  const before: PipelineEvent[] = [];
  call.on('data', (event: PipelineEvent) => before.push(event));
  const error = await new Promise<ServiceError>((resolve) => call.once('error', resolve));
  return { before, error };
}

test('an event of another type is INVALID_ARGUMENT, behind the events before it', async (t) => {
  const wrong = { ...ledgerEvent(8, ledger(8)), type: 'stellar.token.transfer.v1' };
  const { before, error } = await failure(t, [ledgerEvent(7, ledger(7)), wrong]);
  assert.equal(error.code, status.INVALID_ARGUMENT);
  assert.match(error.details, /source-8.*stellar\.ledger\.v1 expected, "stellar\.token\.transfer\.v1" found/);
  assert.equal(before.length, 1);
});

test('a payload that is no RawLedger, or an empty one, is INVALID_ARGUMENT', async (t) => {
  for (const payload of [Buffer.from('ffff', 'hex'), Buffer.alloc(0), Buffer.from('0807', 'hex')]) {
    const { error } = await failure(t, [{ ...ledgerEvent(7, ledger(7)), payload }]);
    assert.equal(error.code, status.INVALID_ARGUMENT, payload.toString('hex'));
  }
});

test('a ledger that cannot be read is DATA_LOSS and is named, behind the events before it', async (t) => {
  const damaged = ledger(8).subarray(0, -20);
  const { before, error } = await failure(t, [
    ledgerEvent(7, ledger(7)),
    ledgerEvent(8, damaged),
    ledgerEvent(9, ledger(9)),
  ]);
  assert.equal(error.code, status.DATA_LOSS);
  assert.match(error.details, /ledger 8/);
  assert.equal(before.length, 1);
});

test('a ledger that is not the one its event says is DATA_LOSS', async (t) => {
  const { error } = await failure(t, [ledgerEvent(8, ledger(7))]);
  assert.equal(error.code, status.DATA_LOSS);
  assert.match(error.details, /LEDGER_MISMATCH/);
});

test('events of 49 MB are taken, above the 4 MB that gRPC takes by itself', async (t) => {
  const large = Buffer.concat([ledger(7), Buffer.alloc(49_000_000)]);
  const { error } = await failure(t, [ledgerEvent(7, large)]);
  assert.equal(error.code, status.DATA_LOSS, 'it was received and looked at');
  assert.match(error.details, /49000000 bytes left over/);
});

test('a caller that does not read is not read from, beyond a bound', async (t) => {
  let decoded = 0;
  const inline = new InlineDecodePool();
  const pool: DecodePool = {
    async run(task) {
      const result = await inline.run(task);
      decoded += 1;
      return result;
    },
    takeBack: () => undefined,
    close: () => inline.close(),
  };
  const { process, memory } = await processor(t, TEST_PASSPHRASE, { pool, lookAheadEvents: 4 });
  const call = process();
  const received = call[Symbol.asyncIterator]();
  const rows = 400;
  for (let sequence = 3; sequence < 123; sequence += 1) call.write(ledgerEvent(sequence, ledger(sequence, rows)));
  call.end();
  // grpc-js holds back nothing before the first read, and 16 messages after it.
  await received.next();
  let before = -1;
  while (decoded !== before) {
    before = decoded;
    await sleep(300);
  }
  assert.ok(decoded < 60, `${decoded} of 120 ledgers decoded for a caller that has read one`);
  assert.ok(memory.usedBytes < 8 * 1024 * 1024);
  let count = 1;
  while ((await received.next()).done !== true) count += 1;
  assert.equal(count, 120, 'and nothing is lost');
});

test('a call that is cancelled gives its memory back', async (t) => {
  const { process, memory } = await processor(t, TEST_PASSPHRASE);
  const call = process();
  call.on('error', () => undefined);
  call.write(ledgerEvent(7, ledger(7, 100)));
  await new Promise((resolve) => call.once('data', resolve));
  call.cancel();
  await until(() => memory.usedBytes === 0);
  // The share of a closed stream can be had again: 32 fit.
  await sleep(20);
  assert.equal(Array.from({ length: 32 }, () => memory.openStream()).length, 32);
});

test('a call for which there is no memory is UNAVAILABLE at once', async (t) => {
  const { process, memory } = await processor(t, TEST_PASSPHRASE);
  const open = Array.from({ length: 32 }, () => memory.openStream());
  const call = process();
  const error = await new Promise<ServiceError>((resolve) => call.once('error', resolve));
  assert.equal(error.code, status.UNAVAILABLE);
  for (const stream of open) stream.close();
});

test('when the service is stopped, what was accepted goes out and then UNAVAILABLE', async (t) => {
  const { process, drain } = await processor(t, TEST_PASSPHRASE);
  const call = process();
  const events: PipelineEvent[] = [];
  call.on('data', (event: PipelineEvent) => events.push(event));
  for (let sequence = 3; sequence < 13; sequence += 1) call.write(ledgerEvent(sequence, ledger(sequence)));
  await until(() => events.length === 10);
  drain();
  const error = await new Promise<ServiceError>((resolve) => call.once('error', resolve));
  assert.equal(error.code, status.UNAVAILABLE);
  assert.match(error.details, /SHUTTING_DOWN/);
});

test('counters count what passed through', async (t) => {
  const { process, metrics } = await processor(t, TEST_PASSPHRASE);
  const call = process();
  const ledgers = [ledger(7, 3), ledger(8, 0), ledger(9, 2)];
  ledgers.forEach((xdr, i) => call.write(ledgerEvent(7 + i, xdr)));
  call.end();
  await collect(call);
  const families = readExposition(await metrics.scrape());
  const value = (name: string): number | undefined => families.get(name)!.series.get(name);
  assert.equal(value('contract_data_contracts_processed_total'), 5);
  assert.equal(value('contract_data_ledgers_processed_total'), 3);
  assert.equal(value('contract_data_batches_created_total'), 2);
  assert.equal(value('contract_data_current_ledger'), 9);
  assert.equal(
    value('contract_data_bytes_processed_total'),
    ledgers.reduce((sum, xdr) => sum + xdr.length, 0),
  );
});

test('GetInfo says what the registration says', async (t) => {
  const { client } = await processor(t, TEST_PASSPHRASE);
  const info = await answer(client, 'GetInfo', {});
  assert.equal(info.id, 'processor-1');
  assert.equal(info.type, 'COMPONENT_TYPE_PROCESSOR');
  assert.equal(info.endpoint, 'processor.example:8815');
  assert.deepEqual(info.output_event_types, ['contract_data.ArrowBatch', 'stellar.ContractDataEntry']);
});

test('HealthCheck follows the health of the service, with its components where they are asked for', async (t) => {
  const { client, health } = await processor(t, TEST_PASSPHRASE);
  const check = (details: boolean): Promise<Record<string, unknown>> =>
    answer(client, 'HealthCheck', { include_details: details });
  assert.equal((await check(false)).status, 'HEALTH_STATUS_UNHEALTHY');
  const source = health.component('source');
  source.ready();
  const healthy = await check(false);
  assert.equal(healthy.status, 'HEALTH_STATUS_HEALTHY');
  assert.deepEqual(healthy.components, []);
  assert.equal((healthy.metrics as Record<string, string>).contracts_processed, '0');
  source.degraded('far away');
  const degraded = await check(true);
  assert.equal(degraded.status, 'HEALTH_STATUS_DEGRADED');
  assert.deepEqual(degraded.components, [
    { component_name: 'source', status: 'HEALTH_STATUS_DEGRADED', message: 'far away' },
  ]);
  assert.equal(degraded.message, 'source: far away');
});
