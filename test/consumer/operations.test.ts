import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { DevControlPlane, GENERATIONS } from '../../src/flowctl-dev/dev-control-plane.js';
import { CONSUMER_METRICS } from '../../src/consumer/ops/metric-table.js';
import { controlClient } from '../control/control-client.js';
import { readExposition } from '../ops/exposition.js';
import { clientOf, testDatabases } from '../postgres/test-database.js';
import { fileCleanup } from '../service/cleanup.js';
import { eventually, runService } from '../service/running-service.js';
import { runCommand } from '../service/serve-process.js';
import { expectedRows, ledgerBytes, simulatedSource, storeOf } from '../service/simulated-source.js';
import { consumeSettings, runConsumer } from './running-consumer.js';
import { storedEntries } from './stored-rows.js';

const databases = testDatabases(fileCleanup());

test('metrics and /stats say what was loaded, and no metric is there that is not documented', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const consumer = await runConsumer(t, service.ports.flight, await databases.empty(), {
    START_LEDGER: '1',
    END_LEDGER: '15',
    LOAD_TTL: 'false',
  });
  await consumer.ended;
  const at = `http://127.0.0.1:${consumer.metricsPort}`;
  const families = readExposition(await (await fetch(`${at}/metrics`)).text());
  const rows = expectedRows(1, 15).length;
  const value = (name: string): number | undefined => families.get(name.replace(/\{.*/, ''))?.series.get(name);
  assert.equal(value('postgresql_consumer_records_received_total{table="contract_data"}'), rows);
  assert.equal(value('postgresql_consumer_records_inserted_total{table="contract_data"}'), rows);
  assert.equal(value('postgresql_consumer_batches_total{table="contract_data"}'), 1);
  assert.equal(value('postgresql_consumer_watermark_ledger{table="contract_data"}'), 15);
  assert.equal(value('postgresql_consumer_held_bytes'), 0);
  const own = [...families.keys()].filter((name) => name.startsWith('postgresql_consumer_'));
  assert.deepEqual(
    own.sort(),
    Object.values(CONSUMER_METRICS)
      .map(({ name }) => name)
      .sort(),
  );

  const stats = (await (await fetch(`${at}/stats`)).json()) as { streams: Record<string, unknown>[] };
  assert.equal(stats.streams[0]!.records_inserted, rows);
  assert.equal(stats.streams[0]!.watermark, 15);
});

test('a network on which nothing happens is no failure: the consumer stays ready and retries nothing', async (t) => {
  const LAST = 8;
  const source = await simulatedSource(t, { store: storeOf(ledgerBytes, LAST) });
  const service = await runService(t, source, { KEEPALIVE_INTERVAL: '100ms' });
  const url = await databases.empty();
  const consumer = await runConsumer(t, service.ports.flight, url, {
    START_LEDGER: '1',
    COMMIT_INTERVAL: '20ms',
    MAX_RETRIES: '0',
  });
  const through = (): number => Math.min(...consumer.stats().streams.map(({ watermark }) => watermark));
  await eventually('all ledgers there are', () => consumer.stats().streams.length === 2 && through() === LAST);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const ready = await fetch(`http://127.0.0.1:${consumer.metricsPort}/ready`);
  assert.equal(ready.status, 200);
  assert.equal(consumer.stats().errors, 0);
});

test('a session is loaded from its beginning, also the ledgers that it does not hold any more', async (t) => {
  const service = await runService(t, await simulatedSource(t), { SESSION_WINDOW_MB: '4' });
  const call = controlClient(t, service.ports.grpc);
  const { session_id: session } = await call('StartProcessing', { start_ledger: 5, end_ledger: 60 });
  const url = await databases.empty();
  const consumer = await runConsumer(t, service.ports.flight, url, { FLIGHT_PATH: `contract/data/${session}` });
  assert.equal(await consumer.ended, 'complete');
  const again = await runConsumer(t, service.ports.flight, url, { FLIGHT_PATH: 'contract/data' });
  assert.equal(await again.ended, 'complete');
  const client = await clientOf(t, url);
  const expected = expectedRows(5, 60);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
});

for (const generation of GENERATIONS) {
  test(`the consumer registers as a sink with a flowctl of generation ${generation}, reports, and leaves`, async (t) => {
    const flowctl = new DevControlPlane({ generation });
    const port = await flowctl.listen('127.0.0.1', 0);
    t.after(() => flowctl.close());
    const service = await runService(t, await simulatedSource(t));
    const consumer = await runConsumer(t, service.ports.flight, await databases.empty(), {
      START_LEDGER: '1',
      COMMIT_INTERVAL: '20ms',
      FLOWCTL_ENABLED: 'true',
      FLOWCTL_ENDPOINT: `127.0.0.1:${port}`,
      FLOWCTL_HEARTBEAT_INTERVAL: '100ms',
    });
    const find = () => flowctl.registry.find('contract-data-consumer');
    // A legacy wrapper loses what heartbeats say.
    await eventually('a few heartbeats', () => (find()?.heartbeats ?? 0) >= 3);
    const component = find()!;
    assert.match(component.info.type, /CONSUMER|SINK/);
    if (generation !== 'A') {
      await eventually('rows are reported', () => Number(find()?.metrics.records_inserted ?? 0) > 0);
    }
    await consumer.stop();
    if (generation !== 'A') assert.equal(find(), undefined);
  });
}

test('the command loads a range, says so, and exits with 0; told to stop, it commits what is whole first', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const url = await databases.empty();
  const settings = (env: Record<string, string>): Record<string, string> =>
    consumeSettings(service.ports.flight, url, env);
  const bounded = runCommand(t, ['consume'], settings({ START_LEDGER: '1', END_LEDGER: '20' }));
  assert.equal((await bounded.exit).code, 0);

  const endless = runCommand(t, ['consume'], settings({ COMMIT_INTERVAL: '30ms', LOG_LEVEL: 'debug' }));
  await endless.line((line) => (line.includes('"committed"') ? true : undefined));
  endless.child.kill('SIGTERM');
  const { code, errors } = await endless.exit;
  assert.equal(code, 0, errors);
  const client = await clientOf(t, url);
  const [row] = (
    await client.query<{ through: string }>(
      "SELECT max(complete_through) AS through FROM contract_data.ingestion_progress p JOIN contract_data.ingestion_streams s USING (stream_id) WHERE s.table_name = 'contract_data'",
    )
  ).rows;
  const expected = expectedRows(1, Number(row!.through));
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
});

test('faults of the configuration are all listed, and exit with 1', async (t) => {
  const command = runCommand(t, ['consume', '--partitions', '4', '--flight-path', 'elsewhere', '--defer-indexes']);
  const { code, errors } = await command.exit;
  assert.equal(code, 1);
  for (const fault of [
    'PARTITIONS: END_LEDGER expected',
    'DEFER_INDEXES: END_LEDGER expected',
    'FLIGHT_PATH: contract/data',
  ]) {
    assert.ok(errors.includes(fault), errors);
  }
});

test('a service that is not there makes the command give up with 75', async (t) => {
  const url = await databases.empty();
  const command = runCommand(t, ['consume'], consumeSettings(1, url, { START_LEDGER: '1', MAX_RETRIES: '1' }));
  const [code] = (await once(command.child, 'exit')) as [number];
  assert.equal(code, 75);
  assert.match((await command.exit).errors, /FLIGHT_UNAVAILABLE: the Flight service at 127\.0\.0\.1:1: UNAVAILABLE/);
});
