/** Several `backfill work` processes on one plan, killed again and again, with a database that restarts and a bad object. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../../src/postgres/embedded/embedded-postgres.js';
import { contents, storedEntries } from '../consumer/stored-rows.js';
import { withClient } from '../postgres/test-database.js';
import { runCommand } from '../service/serve-process.js';
import { expectedRows } from '../service/simulated-source.js';
import { seededRandom } from '../support/mutations.js';
import { backfillInto, planInto, statusOf, workSettings } from './database-backfill.js';
import { generatedLake, spoil } from './generated-lake.js';

const KILLS = process.env.TEST_LONG === '1' ? 60 : 3;
const SEED = Number(process.env.TEST_SEED ?? 9);
const LAST = 110;
const RANGE_LEDGERS = 10;
const POISONED = 75;

test(`two machines killed ${KILLS} times leave the tables of one clean run, and report the range they cannot make`, async (t) => {
  const lake = generatedLake(t, LAST);
  const server = await startEmbeddedPostgres({ durable: true });
  t.after(() => server.stop());
  await withClient(server.url, (client) => client.query('CREATE DATABASE clean'));
  const clean = server.url.replace(/postgres$/, 'clean');
  const source = lake.url;
  await backfillInto({ source, database: clean, last: LAST, rangeLedgers: RANGE_LEDGERS });
  const expected = await contents(clean);

  const mend = spoil(lake, POISONED);
  const wanted = { source, database: server.url, last: LAST, rangeLedgers: RANGE_LEDGERS };
  assert.equal((await planInto({ ...wanted, env: { RANGE_RETRIES: '1', RANGE_RETRY_DELAY: '1s' } })).added, 12);
  const random = seededRandom(SEED);
  const start = (name: string) => {
    const command = runCommand(
      t,
      ['backfill', 'work'],
      workSettings(server.url, { MACHINE_NAME: name, RANGE_LEASE: '2s' }),
    );
    const working = command.line((line) => (line.includes('"working"') ? true : undefined)).catch(() => undefined);
    return { ...command, working };
  };
  let machines = [start('first'), start('second')];
  for (let kills = 0; kills < KILLS; kills += 1) {
    const victim = random(2);
    const { child, working } = machines[victim]!;
    await working;
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
    await Promise.race([ended, sleep(random(1200))]);
    child.kill('SIGKILL');
    await ended;
    if (kills === KILLS >> 1) await server.restart();
    machines = machines.map((machine, i) => (i === victim ? start(i === 0 ? 'first' : 'second') : machine));
  }
  for (const { code, errors } of await Promise.all(machines.map(({ exit }) => exit))) assert.equal(code, 1, errors);

  const { ranges, failed } = await statusOf(wanted);
  assert.deepEqual([ranges.finished, ranges.failed, ranges.all], [11, 1, 12], `seed ${SEED}`);
  assert.deepEqual(
    failed.map(({ first_ledger: first, last_ledger: last, code }) => [first, last, code]),
    [[70, 79, 'UNPACK_FAILED']],
  );
  assert.match(failed[0]!.reason, /75\.xdr\.zst/);
  await withClient(server.url, async (client) => {
    const rows = [...expectedRows(1, 69), ...expectedRows(80, LAST)];
    assert.deepEqual(await storedEntries(client, rows[0]!), rows, `seed ${SEED}`);
    const { rows: dead } = await client.query<{ reason: { code: string } }>(
      "SELECT output AS reason FROM contract_data_queue.job WHERE name LIKE '%\\_failed'",
    );
    assert.deepEqual(
      dead.map(({ reason }) => reason.code),
      ['UNPACK_FAILED'],
    );
  });

  mend();
  assert.deepEqual(await planInto(wanted), { added: 0, triedAgain: 1 });
  const last = runCommand(t, ['backfill', 'work'], workSettings(server.url));
  const { code, errors } = await last.exit;
  assert.equal(code, 0, errors);
  assert.deepEqual(await contents(server.url), expected, `seed ${SEED}`);
  const complete = await statusOf(wanted);
  assert.deepEqual([complete.ranges.finished, complete.ledgers_finished, complete.failed], [12, LAST, []]);
});
