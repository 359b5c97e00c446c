/** A session whose filters are changed while the consumer reads it: what it commits stays of one kind. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { clientOf, testDatabases } from '../postgres/test-database.js';
import { fileCleanup } from '../service/cleanup.js';
import { eventually } from '../service/running-service.js';
import { expectedRows, gatedStore } from '../service/simulated-source.js';
import { sessionService, type SessionService } from '../session/session-service.js';
import { runConsumer, type TestConsumer } from './running-consumer.js';
import { count, storedEntries } from './stored-rows.js';

const databases = testDatabases(fileCleanup());

const FIRST = 500;
const GATE = 530;
const LAST = 545;
const ofContract = { contract_ids: [String(expectedRows(FIRST, LAST)[3]!.contract_id)] };

interface Gate {
  readonly service: SessionService;
  readonly session: string;
  /** Lets the source go on. */
  open(): void;
}

/** A session of FIRST to LAST, from a source that has no ledger behind `last` before it is let go on. */
async function gated(t: TestContext, last: number): Promise<Gate> {
  const { store, open } = gatedStore(last);
  const env = { KEEPALIVE_INTERVAL: '100ms' };
  const service = await sessionService(t, env, { store, protocols: ['ledgers'] });
  const session = await service.start({ start_ledger: FIRST, end_ledger: LAST, batch_size: 60 });
  return { service, session, open };
}

async function load(t: TestContext, { service, session }: Gate, url: string): Promise<TestConsumer> {
  return await runConsumer(t, service.ports.flight, url, {
    FLIGHT_PATH: `contract/data/${session}`,
    COMMIT_INTERVAL: '20ms',
  });
}

function committed(consumer: TestConsumer): number {
  return consumer.stats().streams[0]?.watermark ?? 0;
}

test('filters changed under way end the consumer at that ledger; a range with the filters of before goes on', async (t) => {
  const gate = await gated(t, GATE);
  const { service, session } = gate;
  const url = await databases.empty();
  const consumer = await load(t, gate, url);
  await eventually('all ledgers there are', () => committed(consumer) === GATE);
  const change = await service.control('ConfigureFilters', { ...ofContract, session_id: session });
  const from = change.effective_ledger;
  assert.ok(from > GATE && from < LAST, change.message);
  gate.open();

  const mismatch = {
    code: 'STREAM_MISMATCH',
    message: new RegExp(`^the filters of session ${session} were changed at ledger ${from}: .* as a range: `),
  };
  await assert.rejects(consumer.ended, mismatch);
  assert.equal(committed(consumer), from - 1);
  const client = await clientOf(t, url);
  const before = expectedRows(FIRST, from - 1);
  assert.deepEqual(await storedEntries(client, before[0]!), before);

  const again = await load(t, gate, url);
  await assert.rejects(again.ended, mismatch);
  const range = await runConsumer(t, service.ports.flight, url, { END_LEDGER: String(LAST), LOAD_TTL: 'false' });
  assert.equal(await range.ended, 'complete');
  const expected = expectedRows(FIRST, LAST);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
});

test('filters changed before the first ledger came: nothing is written', async (t) => {
  const gate = await gated(t, FIRST - 1);
  const { service, session } = gate;
  const url = await databases.empty();
  const consumer = await load(t, gate, url);
  await eventually('the consumer reads', async () => (await service.status(session)).readers === 1);
  const change = await service.control('ConfigureFilters', { ...ofContract, session_id: session });
  assert.equal(change.effective_ledger, FIRST, change.message);
  gate.open();
  await assert.rejects(consumer.ended, { code: 'STREAM_MISMATCH', message: new RegExp(`at ledger ${FIRST}:`) });
  assert.equal(await count(await clientOf(t, url), 'entries'), 0);
});

test('a change that changes nothing is no reason to stop', async (t) => {
  const gate = await gated(t, GATE);
  const { service, session } = gate;
  const url = await databases.empty();
  const consumer = await load(t, gate, url);
  await eventually('all ledgers there are', () => committed(consumer) === GATE);
  const change = await service.control('ConfigureFilters', { include_deleted: true, session_id: session });
  assert.ok(change.success && change.effective_ledger > GATE, change.message);
  gate.open();
  assert.equal(await consumer.ended, 'complete');
  const expected = expectedRows(FIRST, LAST);
  const client = await clientOf(t, url);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
  const again = await load(t, gate, url);
  assert.equal(await again.ended, 'complete');
});
