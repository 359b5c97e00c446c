/** What /health says of a lake is so. */
import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { test } from 'node:test';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { eventually, runService } from '../service/running-service.js';
import { expectedRows, ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';
import { faultyProxy } from './faulty-proxy.js';
import { lakeFolder, type Layout, manifestOf, objectsOf } from './lake-folder.js';
import { BUCKET, s3Server } from './s3-server.js';

const LAYOUT: Layout = { ledgersPerFile: 1, filesPerPartition: 1 };
const PATIENCE = { sourcePatience: { backoff: { firstMs: 5, maxMs: 50 } } };

test('a lake that answers is ready; a store that fails degrades, and its recovery shows', async (t) => {
  const objects = objectsOf(10, 14, LAYOUT, ledgerBytes);
  const { port } = await s3Server(t, '', new Map([['.config.json', manifestOf(LAYOUT, PASSPHRASE)], ...objects]));
  const proxy = await faultyProxy(t, port);
  const source = `s3://${BUCKET}?unsigned&endpoint=http://127.0.0.1:${proxy.port}`;
  const service = await runService(t, { port: 1 }, { SOURCE: source }, PATIENCE);
  await eventually('the service is healthy', async () => (await service.probe('/health')).body.status === 'healthy');

  proxy.fault = () => ({ kind: 'answer', status: 503, code: 'SlowDown' });
  const reader = new FlightReader(t, service.ports.flight);
  const { tickets } = await reader.info({ start_ledger: 10, end_ledger: 0 });
  const reading = reader.read(tickets[0]!, ({ progress }) => progress.complete_through < 14);
  await eventually('the service is degraded', async () => (await service.probe('/health')).body.status === 'degraded');
  const { status, body } = await service.probe('/health');
  assert.equal(status, 200);
  assert.match(body.reasons.join(), /source: s3:\/\/lakes\/.*503 SlowDown as planned; trying again/);
  await eventually('a stream is waiting', async () => {
    return (await service.metrics()).get('contract_data_source_connections{state="waiting"}') === 1;
  });

  proxy.fault = () => undefined;
  assert.deepEqual(rowsOf(await reading), expectedRows(10, 14));
  await eventually(
    'the service is healthy again',
    async () => (await service.probe('/health')).body.status === 'healthy',
  );
  const series = await service.metrics();
  assert.equal(series.get('contract_data_source_received_ledgers_total'), 5);
  const bytes = [...objects.values()].reduce((sum, object) => sum + object.length, 0);
  assert.equal(series.get('contract_data_source_received_bytes_total'), bytes);
  assert.ok(series.get('contract_data_source_reconnects_total{reason="failed"}')! >= 1);
});

test('a folder that does not exist and a lake of another network make the service unhealthy, with the reason', async (t) => {
  const lake = lakeFolder(t);
  lake.put('.config.json', manifestOf(LAYOUT, 'Another Network ; 2020'));
  renameSync(lake.path, `${lake.path}-moved`);
  t.after(() => renameSync(`${lake.path}-moved`, lake.path));
  for (const [source, reason] of [
    [lake.url, /source: .*no such folder/],
    [`${lake.url}-moved`, /source: .*says "Another Network ; 2020"/],
  ] as const) {
    const service = await runService(t, { port: 1 }, { SOURCE: source });
    await eventually('the reason is told', async () =>
      reason.test((await service.probe('/health')).body.reasons.join()),
    );
    assert.equal((await service.probe('/ready')).status, 503);
    assert.equal((await service.probe('/live')).status, 200);
  }
});
