/** A reader that stands still on memory which another one needs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { bytesOf, ticket } from '../flight/google-protobuf.js';
import { rawCall, type RawReply } from '../flight/raw-reader.js';
import { FlightReader, type Progress } from '../service/flight-reader.js';
import { eventually, pause, runService } from '../service/running-service.js';
import { simulatedSource, storeOf } from '../service/simulated-source.js';
import { hugeLedgers } from '../support/huge-ledger.js';

/** As rows, one of them is far above a stream's share; two of them are above all that is shared. */
const huge = hugeLedgers(20);
const LITTLE = { MAX_MEMORY_MB: '64', STREAM_SHARE: '8MiB' };

function progressOf({ messages }: RawReply): Progress[] {
  return messages.slice(1).map((message) => {
    return JSON.parse(bytesOf('FlightData', 'AppMetadata', message).toString('utf8')) as Progress;
  });
}

function sum(progress: readonly Progress[]): number {
  return progress.reduce((total, { rows }) => total + rows, 0);
}

test('it is let go of after SLOW_READER_TIMEOUT, its error says where to resume, and the other one gets every row', async (t) => {
  const source = await simulatedSource(t, { store: storeOf((sequence) => huge.ledger(sequence)) });
  const service = await runService(t, source, { ...LITTLE, SLOW_READER_TIMEOUT: '500ms' });
  const reader = new FlightReader(t, service.ports.flight);
  const { tickets } = await reader.info({ start_ledger: 1, end_ledger: 2 });
  const standing = rawCall(service.ports.flight, 'DoGet', ticket(tickets[0]!));
  t.after(() => standing.close());
  const held = async (): Promise<number> =>
    (await service.metrics()).get('contract_data_queued_bytes{stage="stream"}') ?? 0;
  await eventually('the rows of a ledger wait for it', async () => (await held()) > 16 * 2 ** 20);

  const other = await reader.read(tickets[0]!);
  assert.equal(other.status, status.OK, other.text);
  assert.equal(sum(other.batches.map(({ progress }) => progress)), 2 * huge.rows);
  assert.equal((await service.metrics()).get('contract_data_slow_readers_total'), 1);

  const reply = await standing.read();
  assert.equal(reply.status, status.RESOURCE_EXHAUSTED);
  const resume = Number(/^SLOW_READER: .*; resume_from=(\d+)$/.exec(reply.text)?.[1]);
  const given = progressOf(reply).filter(({ last_ledger: last }) => last < resume);
  const rest = await reader.readRange({ start_ledger: resume, end_ledger: 2 });
  assert.equal(sum(given) + sum(rest.batches.map(({ progress }) => progress)), 2 * huge.rows);
});

test('it may stand still for longer where nobody waits for it', async (t) => {
  const source = await simulatedSource(t, { store: storeOf((sequence) => huge.ledger(sequence)) });
  const service = await runService(t, source, { ...LITTLE, SLOW_READER_TIMEOUT: '200ms' });
  const { tickets } = await new FlightReader(t, service.ports.flight).info({ start_ledger: 1, end_ledger: 1 });
  const standing = rawCall(service.ports.flight, 'DoGet', ticket(tickets[0]!));
  t.after(() => standing.close());
  await standing.headers;
  await pause(1_500);
  const reply = await standing.read();
  assert.equal(reply.status, status.OK, reply.text);
  assert.equal(sum(progressOf(reply)), huge.rows);
});
