/** Failures as a real server and a real network cause them. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { Client } from 'pg';
import { connect } from '../../../src/postgres/connection/connect.js';
import { type DatabaseTarget, targetOfUrl } from '../../../src/postgres/connection/database-target.js';
import { isTransient } from '../../../src/postgres/connection/transient.js';
import { startEmbeddedPostgres } from '../../../src/postgres/embedded/embedded-postgres.js';
import { fileCleanup } from '../../service/cleanup.js';
import { clientOf } from '../test-database.js';

const file = fileCleanup();
const server = startEmbeddedPostgres({ durable: false });
file.after(async () => (await server).stop());

async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it should have failed');
}

async function target(): Promise<DatabaseTarget> {
  return targetOfUrl((await server).url);
}

test('what ends a connection passes', async (t) => {
  const client = await clientOf(t, (await server).url);
  const other = await clientOf(t, (await server).url);
  const [{ pid }] = (await client.query('SELECT pg_backend_pid() AS pid')).rows as [{ pid: number }];
  const sleeping = failure(client.query('SELECT pg_sleep(60)'));
  await other.query('SELECT pg_terminate_backend($1)', [pid]);
  assert.equal(isTransient(await sleeping), true);
  assert.equal(isTransient(await failure(client.query('SELECT 1'))), true, 'the next query on it');

  const crashed = await clientOf(t, (await server).url);
  const inFlight = failure(crashed.query('SELECT pg_sleep(60)'));
  await (await server).kill();
  assert.equal(isTransient(await inFlight), true);
  assert.equal(isTransient(await failure(connect(await target()))), true, 'nobody listens');
  await (await server).restart();
});

test('a server that takes connections and says nothing passes', async (t) => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { port } = silent.address() as { port: number };
  const error = await failure(connect({ ...(await target()), port, connectTimeoutMs: 100 }));
  assert.equal(isTransient(error), true, String(error));
});

test('transactions that lost to others pass', async (t) => {
  const clients = [await clientOf(t, (await server).url), await clientOf(t, (await server).url)] as [Client, Client];
  await clients[0].query('CREATE TABLE fought AS SELECT * FROM generate_series(0, 1) n');
  const update = (client: Client, n: number): Promise<unknown> =>
    client.query('UPDATE fought SET n = n WHERE n = $1', [n]);
  for (const client of clients) await client.query("BEGIN; SET LOCAL deadlock_timeout = '10ms'");
  await update(clients[0], 0);
  await update(clients[1], 1);
  const results = await Promise.allSettled([update(clients[0], 1), update(clients[1], 0)]);
  const deadlock = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  assert.equal(deadlock.length, 1);
  assert.equal(isTransient(deadlock[0]), true);
  for (const client of clients) await client.query('ROLLBACK');

  for (const client of clients) await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM fought');
  await update(clients[0], 0);
  await clients[0].query('COMMIT');
  assert.equal(isTransient(await failure(update(clients[1], 0))), true);
});

test('what is wrong stays wrong', async (t) => {
  const client = await clientOf(t, (await server).url);
  const here = await target();
  const failures: Readonly<Record<string, () => Promise<unknown>>> = {
    password: () => connect({ ...here, password: 'guess' }),
    database: () => connect({ ...here, database: 'none' }),
    statement: () => client.query('SELEC 1'),
    table: () => client.query('TABLE none'),
    value: () => client.query("SELECT 'x'::integer"),
    right: () => client.query('SET ROLE pg_monitor; CREATE TABLE none (n integer)'),
    disk: () => client.query('DO $$ BEGIN RAISE disk_full; END $$'),
  };
  for (const [what, work] of Object.entries(failures)) assert.equal(isTransient(await failure(work())), false, what);
  assert.equal(isTransient(new TypeError('a defect')), false);
  assert.equal(isTransient('no error at all'), false);
});
