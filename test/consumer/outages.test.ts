import assert from 'node:assert/strict';
import { createServer, connect as connectTcp, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { startEmbeddedPostgres } from '../../src/postgres/embedded/embedded-postgres.js';
import { clientOf, testDatabases, withClient } from '../postgres/test-database.js';
import { type Cleanup, fileCleanup } from '../service/cleanup.js';
import { eventually, runService } from '../service/running-service.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';
import { runConsumer, type TestConsumer } from './running-consumer.js';
import { contents, storedEntries } from './stored-rows.js';

const file = fileCleanup();
const databases = testDatabases(file);

const ENDLESS = { START_LEDGER: '1', COMMIT_INTERVAL: '20ms', BATCH_SIZE: '100' };

async function passes(consumer: TestConsumer, ledgers: number): Promise<void> {
  const from = lowest(consumer);
  await eventually(`${ledgers} more ledgers`, () => lowest(consumer) >= from + ledgers, 60_000);
}

/** The last ledger that all streams have committed. */
function lowest(consumer: TestConsumer): number {
  const { streams } = consumer.stats();
  return streams.length === 0 ? 0 : Math.min(...streams.map(({ watermark }) => watermark));
}

/** What is stored is what stellar-base reads in the ledgers that are said to be complete. */
async function assertWhole(cleanup: Cleanup, url: string, through: number): Promise<void> {
  const client = await clientOf(cleanup, url);
  const expected = expectedRows(1, through);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
}

test('PostgreSQL killed and restarted: the consumer goes on, and nothing is lost or doubled', async (t) => {
  const server = await startEmbeddedPostgres({ durable: false });
  t.after(() => server.stop());
  const service = await runService(t, await simulatedSource(t));
  const consumer = await runConsumer(t, service.ports.flight, server.url, ENDLESS);
  const probe = async (): Promise<number> => (await fetch(`http://127.0.0.1:${consumer.metricsPort}/ready`)).status;
  await passes(consumer, 15);
  await server.kill();
  await eventually('the failure shows', async () => (await probe()) === 503);
  await server.restart();
  await passes(consumer, 15);
  await eventually('it is well again', async () => (await probe()) === 200);
  await consumer.stop();
  await assertWhole(t, server.url, consumer.stats().streams[0]!.watermark);
});

test('a PostgreSQL that comes up later than the consumer is waited for', async (t) => {
  const server = await startEmbeddedPostgres({ durable: false });
  t.after(() => server.stop());
  const service = await runService(t, await simulatedSource(t));
  await server.kill();
  const range = { START_LEDGER: '1', END_LEDGER: '10' };
  const consumer = await runConsumer(t, service.ports.flight, server.url, range);
  await eventually('a failed attempt', () => consumer.log.some(({ msg }) => String(msg).includes('trying again')));
  await server.restart();
  assert.equal(await consumer.ended, 'complete');
  await assertWhole(t, server.url, 10);
});

test('a Flight service that is stopped, away and back: the consumer goes on behind what it has', async (t) => {
  const source = await simulatedSource(t);
  const service = await runService(t, source);
  const url = await databases.empty();
  const consumer = await runConsumer(t, service.ports.flight, url, ENDLESS);
  await passes(consumer, 10);
  await service.stop();
  await eventually('the failure is noticed', () =>
    consumer.log.some(({ msg }) => String(msg).includes('failed; trying again')),
  );
  await runService(t, source, { FLIGHT_ADDRESS: `127.0.0.1:${service.ports.flight}` });
  await passes(consumer, 10);
  await consumer.stop();
  await assertWhole(t, url, consumer.stats().streams[0]!.watermark);
});

test('connections to Flight that are cut again and again cost nothing but time', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const proxy = await cuttingProxy(t, service.ports.flight, 400_000);
  const [url, clean] = [await databases.empty(), await databases.empty()];
  const range = { START_LEDGER: '1', END_LEDGER: '120', BATCH_SIZE: '200' };
  const consumer = await runConsumer(t, proxy.port, url, range);
  assert.equal(await consumer.ended, 'complete');
  assert.ok(proxy.cuts() > 3, `the connection was cut ${proxy.cuts()} times`);
  assert.equal(await (await runConsumer(t, service.ports.flight, clean, range)).ended, 'complete');
  assert.deepEqual(await contents(url), await contents(clean));
});

test('connections to PostgreSQL that are cut in the middle of transactions cost nothing but time', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const [url, clean] = [await databases.migrated(), await databases.migrated()];
  const proxy = await cuttingProxy(t, Number(new URL(url).port), 700_000);
  const proxied = url.replace(`:${new URL(url).port}`, `:${proxy.port}`);
  const range = { START_LEDGER: '1', END_LEDGER: '120', BATCH_SIZE: '300', DB_SSLMODE: 'disable' };
  const consumer = await runConsumer(t, service.ports.flight, proxied, range);
  assert.equal(await consumer.ended, 'complete');
  assert.ok(proxy.cuts() > 1, `the connection was cut ${proxy.cuts()} times`);
  assert.equal(await (await runConsumer(t, service.ports.flight, clean, range)).ended, 'complete');
  assert.deepEqual(await contents(url), await contents(clean));
});

test('of two consumers of one stream the older one ends with a reason, and the newer one has every row', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const url = await databases.empty();
  const older = await runConsumer(t, service.ports.flight, url, ENDLESS);
  await passes(older, 5);
  const newer = await runConsumer(t, service.ports.flight, url, ENDLESS);
  await assert.rejects(older.ended, { code: 'STREAM_FENCED', message: /another process has taken over/ });
  await passes(newer, 10);
  await newer.stop();
  await assertWhole(t, url, newer.stats().streams[0]!.watermark);
});

test('a service without progress is given up after MAX_RETRIES, and what was loaded stays', async (t) => {
  const source = await simulatedSource(t);
  const service = await runService(t, source);
  const url = await databases.empty();
  const consumer = await runConsumer(t, service.ports.flight, url, { ...ENDLESS, MAX_RETRIES: '1' });
  await passes(consumer, 10);
  await service.stop();
  await assert.rejects(consumer.ended, { code: 'FLIGHT_UNAVAILABLE' });
  await assertWhole(t, url, consumer.stats().streams[0]!.watermark);
});

test('told to stop while PostgreSQL stands still, it ends in time, and the next run makes up for it', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const url = await databases.migrated();
  const stuck = await runConsumer(t, service.ports.flight, url, { ...ENDLESS, SHUTDOWN_TIMEOUT: '1s' });
  await passes(stuck, 5);
  const [blocker, observer] = [await clientOf(t, url), await clientOf(t, url)];
  await blocker.query('BEGIN; LOCK TABLE contract_data.current_states, contract_data.ttl IN EXCLUSIVE MODE');
  await eventually('commits wait', async () => {
    const { rows } = await observer.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    return rows.length === 2;
  });
  const startedAt = performance.now();
  assert.equal(await stuck.stop(), 0);
  assert.ok(performance.now() - startedAt < 10_000);
  assert.equal(await stuck.ended, 'interrupted');
  await blocker.query('ROLLBACK');
  const next = await runConsumer(t, service.ports.flight, url, ENDLESS);
  await passes(next, 10);
  await next.stop();
  await assertWhole(t, url, next.stats().streams[0]!.watermark);
});

test('serialization failures are waited out', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const url = await databases.migrated();
  await withClient(url, async (client) => {
    await client.query(`CREATE SEQUENCE attempts;
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF nextval('attempts') <= 2 THEN RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001'; END IF;
          RETURN NULL;
        END $$;
      CREATE TRIGGER fail AFTER UPDATE ON contract_data.ingestion_progress FOR EACH STATEMENT EXECUTE FUNCTION fail()`);
  });
  // Claiming updates progress rows, too, and is tried again as well.
  const range = { START_LEDGER: '1', END_LEDGER: '10', LOAD_TTL: 'false' };
  const consumer = await runConsumer(t, service.ports.flight, url, range);
  assert.equal(await consumer.ended, 'complete');
  assert.ok(consumer.stats().errors >= 2);
  await assertWhole(t, url, 10);
});

/** A TCP proxy that cuts each connection after so many bytes from the server, or from the client. */
async function cuttingProxy(
  cleanup: Cleanup,
  port: number,
  bytes: number,
): Promise<{ readonly port: number; cuts(): number }> {
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connectTcp(port, '127.0.0.1');
    let passed = 0;
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', cut);
      from.on('close', cut);
      from.on('data', (data: Buffer) => {
        passed += data.length;
        if (passed > bytes) {
          cuts += 1;
          cut();
        } else if (!to.write(data)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, cuts: () => cuts };
}
