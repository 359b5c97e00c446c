/** Ranges into PostgreSQL, alone and in a plan: what is there in the end, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPlanSession } from '../../src/backfill/queue/plan-session.js';
import { holdLease, type Lease, renewLeases, takeBackLost, takeLease } from '../../src/backfill/queue/leases.js';
import { inTransaction } from '../../src/postgres/in-transaction.js';
import { storedEntries, storedRows } from '../consumer/stored-rows.js';
import { clientOf, rowsAsText, testDatabases } from '../postgres/test-database.js';
import { fileCleanup } from '../service/cleanup.js';
import { expectedRows } from '../service/simulated-source.js';
import { backfillConfig, generatedLake } from './generated-lake.js';
import { backfillInto, planInto, statusOf } from './database-backfill.js';

const databases = testDatabases(fileCleanup());
const LAST = 90;

test('the history has the rows of all ledgers, and the streams are complete through the last', async (t) => {
  const { url: source } = generatedLake(t, LAST);
  const database = await databases.empty();
  const report = await backfillInto({ source, database, last: LAST, rangeLedgers: 40 });
  const client = await clientOf(t, database);
  const expected = expectedRows(1, LAST);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
  assert.deepEqual(
    await rowsAsText(
      client,
      "SELECT contract_data.complete_through('contract_data'), contract_data.complete_through('ttl')",
    ),
    [[String(LAST), String(LAST)]],
  );
  assert.deepEqual([report.ledgers, report.ranges, report.ranges_found, report.failed], [LAST, 3, 0, []]);
  const [[ttlKeys]] = (await rowsAsText(client, 'SELECT count(*) FROM contract_data.ttl')) as [[string]];
  assert.ok(Number(ttlKeys) > 0);
});

test('done again it makes nothing; with more ledgers it makes those; cut otherwise it is refused', async (t) => {
  const { url: source } = generatedLake(t, LAST);
  const database = await databases.empty();
  const wanted = { source, database, last: 79, rangeLedgers: 40 };
  await backfillInto(wanted);
  const again = await backfillInto(wanted);
  assert.deepEqual([again.ranges, again.ranges_found, again.ledgers, again.contracts_per_second], [2, 2, 79, 0]);
  assert.deepEqual(await planInto({ ...wanted, last: LAST }), { added: 1, triedAgain: 0 });
  await assert.rejects(planInto({ ...wanted, rangeLedgers: 30 }), {
    code: 'REQUEST_INVALID',
    message: /ledgers 1 to 29 overlap 1 to 39/,
  });
  const more = await backfillInto({ ...wanted, last: LAST });
  assert.deepEqual([more.ranges, more.ranges_found, more.ledgers], [3, 2, LAST]);
  const client = await clientOf(t, database);
  const expected = expectedRows(1, LAST);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
});

test('a database with rows of another source is refused', async (t) => {
  const { url: source } = generatedLake(t, 5);
  const database = await databases.empty();
  const wanted = { source, database, last: 5, rangeLedgers: 40 };
  await planInto(wanted);
  await assert.rejects(planInto({ ...wanted, env: { STREAM_SOURCE: 'elsewhere' } }), {
    code: 'STREAM_MISMATCH',
    message: /source is .* there and "elsewhere" here/,
  });
});

test('a machine that was believed dead cannot commit, and its range is anybody else’s', async (t) => {
  const { url: source } = generatedLake(t, 5);
  const database = await databases.empty();
  await planInto({ source, database, last: 5, rangeLedgers: 40 });
  const session = openPlanSession(backfillConfig({ DATABASE_URL: database }));
  t.after(() => session.close());
  const { queue, policy, plan } = session;
  const client = await clientOf(t, database);
  const take = async (machine: string, leaseMs: number): Promise<Lease | undefined> =>
    await inTransaction(client, async () => {
      const job = await queue.take(client);
      return job && (await takeLease(client, plan, job, machine, leaseMs));
    });
  const slow = await take('slow', 60_000);
  assert.ok(slow);
  assert.equal(await take('early', 60_000), undefined);
  assert.equal(await takeBackLost(client, plan, queue, policy), 0);

  // It stands still for longer than its lease.
  assert.deepEqual(await renewLeases(client, [slow], -1), []);
  assert.equal(await takeBackLost(client, plan, queue, policy), 1);
  const commit = (lease: Lease): Promise<void> => inTransaction(client, () => holdLease(client, lease));
  await assert.rejects(commit(slow), { code: 'STREAM_FENCED' });
  assert.deepEqual(await renewLeases(client, [slow], 60_000), [slow]);

  const next = await take('next', 60_000);
  assert.ok(next);
  await assert.rejects(commit(slow), { code: 'STREAM_FENCED' });
  await commit(next);
  assert.deepEqual(await storedRows(client, 'contract_data.backfill_ranges', ['machine', 'losses'], 'first_ledger'), [
    { machine: 'next', losses: '1' },
  ]);
});

test('a machine that keeps saying it is alive keeps its range beyond the lease', async (t) => {
  const { url: source } = generatedLake(t, 5);
  const database = await databases.empty();
  const wanted = { source, database, last: 5, rangeLedgers: 40 };
  await planInto(wanted);
  const session = openPlanSession(backfillConfig({ DATABASE_URL: database }));
  t.after(() => session.close());
  const client = await clientOf(t, database);
  const lease = await inTransaction(client, async () => {
    const job = await session.queue.take(client);
    return job && (await takeLease(client, session.plan, job, 'alive', 1));
  });
  assert.ok(lease);
  assert.deepEqual(await renewLeases(client, [lease], 60_000), []);
  assert.equal(await takeBackLost(client, session.plan, session.queue, session.policy), 0);
  const { ranges, machines } = await statusOf(wanted);
  assert.deepEqual([ranges.running, machines.map(({ machine }) => machine)], [1, ['alive']]);
});
