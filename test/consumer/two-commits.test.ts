import assert from 'node:assert/strict';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { Client } from 'pg';
import { clientOf, testDatabases, withClient } from '../postgres/test-database.js';
import { type Cleanup, fileCleanup } from '../service/cleanup.js';
import { eventually, runService } from '../service/running-service.js';
import { runCommand } from '../service/serve-process.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';
import { consumeSettings, runConsumer } from './running-consumer.js';
import { contents, count, storedEntries } from './stored-rows.js';

const databases = testDatabases(fileCleanup());

const LONG = { skip: process.env.TEST_LONG === '1' ? false : 'takes ten seconds: TEST_LONG=1' };
const LEDGERS = 60;
const RANGE = { START_LEDGER: '1', END_LEDGER: String(LEDGERS), BATCH_SIZE: '100', LOAD_TTL: 'false' };

async function flightPort(t: TestContext): Promise<number> {
  return (await runService(t, await simulatedSource(t))).ports.flight;
}

/** Whoever merges waits until `release`. */
async function heldStates(t: TestContext, url: string): Promise<{ release(): Promise<unknown> }> {
  const blocker = await clientOf(t, url);
  await blocker.query('BEGIN; LOCK TABLE contract_data.current_states IN EXCLUSIVE MODE');
  return { release: () => blocker.query('ROLLBACK') };
}

interface Backends {
  /** Process numbers of the server. */
  readonly merging: readonly number[];
  readonly copied: readonly number[];
}

/** The instant in question: a commit is being merged, and the rows of the next are there already. */
async function twoInFlight(watcher: Client): Promise<Backends> {
  const pids = async (condition: string): Promise<number[]> => {
    const { rows } = await watcher.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${condition}`,
    );
    return rows.map(({ pid }) => pid);
  };
  let found: Backends = { merging: [], copied: [] };
  await eventually('a commit is merged while the next is copied', async () => {
    found = {
      merging: await pids("wait_event_type = 'Lock'"),
      copied: await pids("state = 'idle in transaction' AND query LIKE 'COPY%'"),
    };
    return found.merging.length === 1 && found.copied.length === 1;
  });
  return found;
}

/** Against stellar-base's reading of the ledgers, and a run that nothing happened to. */
async function assertWhole(t: TestContext, port: number, url: string, through = LEDGERS): Promise<void> {
  const client = await clientOf(t, url);
  const expected = expectedRows(1, through);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
  const clean = await databases.empty();
  const undisturbed = await runConsumer(t, port, clean, { ...RANGE, END_LEDGER: String(through) });
  assert.equal(await undisturbed.ended, 'complete');
  assert.deepEqual(await contents(url), await contents(clean));
}

test('while one commit is merged the next is copied, and nothing of either is seen before its COMMIT', async (t) => {
  const port = await flightPort(t);
  const url = await databases.migrated();
  const states = await heldStates(t, url);
  const consumer = await runConsumer(t, port, url, RANGE);
  const watcher = await clientOf(t, url);
  await twoInFlight(watcher);
  assert.equal(await count(watcher, 'entries'), 0);
  assert.equal(consumer.stats().streams[0]!.watermark, 0);
  assert.ok(consumer.stats().held_bytes > 0);
  await states.release();
  assert.equal(await consumer.ended, 'complete');
  assert.equal(consumer.stats().errors, 0);
  await assertWhole(t, port, url);
});

test('killed while one commit is merged and the next is copied, neither leaves a trace', async (t) => {
  const port = await flightPort(t);
  const url = await databases.migrated();
  const states = await heldStates(t, url);
  const command = runCommand(t, ['consume'], consumeSettings(port, url, RANGE));
  const watcher = await clientOf(t, url);
  await twoInFlight(watcher);
  command.child.kill('SIGKILL');
  await command.exit;
  await states.release();
  const next = await runConsumer(t, port, url, RANGE);
  assert.equal(await next.ended, 'complete');
  await assertWhole(t, port, url);
});

for (const which of ['merging', 'copied'] as const) {
  test(`the connection of the commit that is ${which} is lost: both commits are made, once and in order`, async (t) => {
    const port = await flightPort(t);
    const url = await databases.migrated();
    const states = await heldStates(t, url);
    const consumer = await runConsumer(t, port, url, RANGE);
    const watcher = await clientOf(t, url);
    const backends = await twoInFlight(watcher);
    await watcher.query('SELECT pg_terminate_backend($1, 10000)', [backends[which][0]]);
    await states.release();
    assert.equal(await consumer.ended, 'complete');
    assert.ok(consumer.stats().errors >= 1);
    await assertWhole(t, port, url);
  });
}

test('a commit that cannot be made takes the one that is copied behind it with it', async (t) => {
  const port = await flightPort(t);
  const url = await databases.migrated();
  const LOCK = 4711;
  const blocker = await clientOf(t, url);
  await blocker.query('SELECT pg_advisory_lock($1)', [LOCK]);
  await withClient(url, (client) =>
    client.query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(${LOCK});
        RAISE EXCEPTION 'refused' USING ERRCODE = '53100';
      END $$;
      CREATE TRIGGER fail BEFORE INSERT ON contract_data.current_states FOR EACH ROW EXECUTE FUNCTION fail()`),
  );
  const consumer = await runConsumer(t, port, url, RANGE);
  const watcher = await clientOf(t, url);
  await twoInFlight(watcher);
  await blocker.query('SELECT pg_advisory_unlock($1)', [LOCK]);
  await assert.rejects(consumer.ended, {
    code: 'DATABASE_REFUSED',
    message: /^ledgers 1 to \d+ of contract_data: 53100 refused/,
  });
  assert.equal(await count(watcher, 'entries'), 0);
  await withClient(url, (client) => client.query('DROP TRIGGER fail ON contract_data.current_states'));
  assert.equal(await (await runConsumer(t, port, url, RANGE)).ended, 'complete');
  await assertWhole(t, port, url);
});

test('a commit whose rows are refused does not take the one before it with it', async (t) => {
  const port = await flightPort(t);
  const url = await databases.migrated();
  const watcher = await clientOf(t, url);
  await watcher.query(`CREATE SEQUENCE refusals;
    ALTER TABLE contract_data.entries ADD CHECK (ledger_sequence = 1 OR nextval('refusals') < 0)`);
  const states = await heldStates(t, url);
  const consumer = await runConsumer(t, port, url, { ...RANGE, BATCH_SIZE: '1' });
  await eventually('ledger 2 is refused', async () => {
    return (await watcher.query('SELECT FROM refusals WHERE is_called')).rowCount === 1;
  });
  await states.release();
  await assert.rejects(consumer.ended, {
    code: 'DATABASE_REFUSED',
    message: /^ledgers 2 to \d+ of contract_data: 23514/,
  });
  const expected = expectedRows(1, 1);
  assert.deepEqual(await storedEntries(watcher, expected[0]!), expected);
  assert.equal(consumer.stats().streams[0]!.watermark, 1);
});

test('a second consumer takes over while one commit is merged and the next is copied', async (t) => {
  const port = await flightPort(t);
  const url = await databases.migrated();
  const states = await heldStates(t, url);
  const endless = { ...RANGE, END_LEDGER: '0' };
  const older = await runConsumer(t, port, url, endless);
  const watcher = await clientOf(t, url);
  await twoInFlight(watcher);
  const newer = await runConsumer(t, port, url, RANGE);
  await eventually('the claim waits', async () => {
    const { rows } = await watcher.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    return rows.length === 1;
  });
  await states.release();
  await assert.rejects(older.ended, { code: 'STREAM_FENCED', message: /another process has taken over/ });
  assert.equal(await newer.ended, 'complete');
  await assertWhole(t, port, url);
});

test('a consumer that stands still at that instant is not waited for longer than ten seconds', LONG, async (t) => {
  const port = await flightPort(t);
  const url = await databases.migrated();
  const states = await heldStates(t, url);
  const command = runCommand(t, ['consume'], consumeSettings(port, url, RANGE));
  await twoInFlight(await clientOf(t, url));
  command.child.kill('SIGSTOP');
  await states.release();
  const startedAt = performance.now();
  const newer = await runConsumer(t, port, url, RANGE);
  assert.equal(await newer.ended, 'complete');
  assert.ok(performance.now() - startedAt < 30_000);
  command.child.kill('SIGCONT');
  const { code, errors } = await command.exit;
  assert.equal(code, 1);
  assert.match(errors, /STREAM_FENCED/);
  await assertWhole(t, port, url);
});

test('told to stop at that instant, it commits both, and what is whole behind them', async (t) => {
  const port = await flightPort(t);
  const url = await databases.migrated();
  const states = await heldStates(t, url);
  const consumer = await runConsumer(t, port, url, { ...RANGE, END_LEDGER: '0', SHUTDOWN_TIMEOUT: '60s' });
  await twoInFlight(await clientOf(t, url));
  const stopped = consumer.stop();
  await states.release();
  assert.equal(await stopped, 0);
  assert.equal(await consumer.ended, 'interrupted');
  const { partitions } = consumer.stats().streams[0]!;
  assert.equal(partitions[0]!.complete_through, partitions[0]!.received_through);
  await assertWhole(t, port, url, partitions[0]!.complete_through);
});

test('a database whose transactions are serializable by default makes no difference', async (t) => {
  const port = await flightPort(t);
  const url = await databases.migrated();
  const { pathname } = new URL(url);
  await withClient(url, (client) =>
    client.query(`ALTER DATABASE ${pathname.slice(1)} SET default_transaction_isolation = 'serializable'`),
  );
  const consumer = await runConsumer(t, port, url, RANGE);
  assert.equal(await consumer.ended, 'complete');
  assert.equal(consumer.stats().errors, 0);
  await assertWhole(t, port, url);
});

test('every third COMMIT is done and its answer lost: each row is there once', async (t) => {
  const port = await flightPort(t);
  const url = await databases.migrated();
  const proxy = await proxyThatLosesAnswers(t, Number(new URL(url).port), 3);
  const proxied = url.replace(`:${new URL(url).port}`, `:${proxy.port}`);
  const consumer = await runConsumer(t, port, proxied, { ...RANGE, DB_SSLMODE: 'disable' });
  assert.equal(await consumer.ended, 'complete');
  assert.ok(proxy.lost() > 3, `${proxy.lost()} answers were lost`);
  await assertWhole(t, port, url);
});

/** A TCP proxy that passes each `nth` COMMIT on and then cuts the client off, before the answer can come. */
async function proxyThatLosesAnswers(
  cleanup: Cleanup,
  port: number,
  nth: number,
): Promise<{ readonly port: number; lost(): number }> {
  let commits = 0;
  let lost = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connectTcp(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    upstream.pipe(client);
    client.on('data', (data: Buffer) => {
      upstream.write(data);
      if (!data.includes('COMMIT\0') || (commits += 1) % nth !== 0) return;
      lost += 1;
      upstream.unpipe(client);
      upstream.resume();
      client.destroy();
    });
    client.on('close', () => upstream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, lost: () => lost };
}
