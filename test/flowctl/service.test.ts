/** `serve` as a process of its own, as `flowctl run` starts it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { loadProto } from '../../src/grpc/load-proto.js';
import { GENERATIONS } from '../../src/flowctl-dev/dev-control-plane.js';
import { readExposition } from '../ops/exposition.js';
import { data, created, id, TEST_PASSPHRASE, u32 } from '../support/contract-entries.js';
import { buildLedger } from '../support/ledger-builder.js';
import { oracleRows } from '../support/row-oracle.js';
import { controlPlane, freePort } from './control-planes.js';
import { collect, ledgerEvent } from './pipeline-caller.js';
import type { PipelineEvent } from '../../src/flowctl/ledger-event.js';
import { until } from './test-clock.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const ID = 'contract-data';

interface Serving {
  readonly child: ChildProcess;
  readonly ports: { readonly grpc: number; readonly health: number };
  readonly get: (path: string) => Promise<Response>;
  readonly metric: (name: string) => Promise<number>;
}

async function serve(t: TestContext, env: Record<string, string>): Promise<Serving> {
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      PATH: process.env.PATH,
      FLIGHT_ADDRESS: '127.0.0.1:0',
      GRPC_ADDRESS: '127.0.0.1:0',
      HEALTH_PORT: '0',
      WORKER_COUNT: '1',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ports = await new Promise<Serving['ports']>((resolve, reject) => {
    const lines: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      const entry = JSON.parse(line) as Serving['ports'] & { readonly msg: string };
      if (entry.msg === 'serving') resolve(entry);
    });
    child.once('exit', () => reject(new Error(lines.join('\n'))));
  });
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${ports.health}${path}`);
  const metric = async (name: string): Promise<number> =>
    readExposition(await (await get('/metrics')).text())
      .get(name)!
      .series.get(name)!;
  return { child, ports, get, metric };
}

/** What process mode of `flowctl run` sets. */
function runEnvironment(flowctlPort: number): Record<string, string> {
  return {
    ENABLE_FLOWCTL: 'true',
    FLOWCTL_ENDPOINT: `127.0.0.1:${flowctlPort}`,
    FLOWCTL_HEARTBEAT_INTERVAL: '200ms',
    FLOWCTL_SERVICE_ID: ID,
    FLOWCTL_COMPONENT_ID: ID,
  };
}

for (const generation of GENERATIONS) {
  test(`started by flowctl of generation ${generation} it registers, reports, and leaves within a second of SIGTERM`, async (t) => {
    const { port, registry, events } = await controlPlane(t, { generation });
    const { child, ports, get, metric } = await serve(t, runEnvironment(port));
    await until(() => events.length >= 4);
    const component = registry.find(ID)!;
    assert.equal(component.info.metadata.grpc_address, `127.0.0.1:${ports.grpc}`);
    assert.equal(component.metrics.contracts_processed, '0');
    assert.equal(await metric('contract_data_flowctl_registered'), 1);
    assert.ok((await metric('contract_data_flowctl_heartbeats_sent_total')) >= 2);
    const health = (await (await get('/health')).json()) as { components: Record<string, { state: string }> };
    assert.equal(health.components.flowctl?.state, 'ready');

    const exited = once(child, 'exit');
    const begunAt = performance.now();
    child.kill('SIGTERM');
    if (generation !== 'A') await until(() => registry.find(ID) === undefined);
    assert.ok(performance.now() - begunAt < 1000);
    const [code] = (await exited) as [number];
    assert.equal(code, 0);
    if (generation !== 'A') assert.deepEqual(events.slice(-2), ['heartbeat STOPPING', 'unregistered STOPPING']);
    const beats = events.length;
    await sleep(500);
    assert.equal(events.length, beats, 'nothing comes after the end');
  });
}

test('without flowctl the service is ready and healthy enough for probes, and ends cleanly', async (t) => {
  const { child, get, metric } = await serve(t, runEnvironment(await freePort()));
  await sleep(300);
  assert.equal((await get('/health')).status, 200);
  assert.equal((await get('/ready')).status, 200);
  assert.equal(await metric('contract_data_flowctl_registered'), 0);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual((await exited)[0], 0);
});

test('SIGTERM while flowctl takes its time with the registration leaves nothing behind', async (t) => {
  let asked = false;
  const beforeAnswer = async (method: string): Promise<void> => {
    if (method !== 'RegisterComponent') return;
    asked = true;
    await sleep(200);
  };
  const { port, registry, events } = await controlPlane(t, { beforeAnswer });
  const { child } = await serve(t, runEnvironment(port));
  await until(() => asked);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual((await exited)[0], 0);
  assert.equal(registry.all.length, 0, events.join(', '));
});

test('a pipeline gets its rows from the decode threads, and heartbeats show them', async (t) => {
  const { port, registry } = await controlPlane(t);
  const { child, ports } = await serve(t, { ...runEnvironment(port), NETWORK_PASSPHRASE: TEST_PASSPHRASE });
  const client = new Client(`127.0.0.1:${ports.grpc}`, credentials.createInsecure());
  t.after(() => client.close());
  const service = loadProto('flowctl/v1/processor.proto')['flowctl.v1.ProcessorService'] as Record<
    string,
    {
      readonly path: string;
      readonly requestSerialize: (event: object) => Buffer;
      readonly responseDeserialize: (bytes: Buffer) => PipelineEvent;
    }
  >;
  const { path, requestSerialize, responseDeserialize } = service.Process!;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const ledgers = Array.from({ length: 50 }, (_, i) =>
    buildLedger({
      sequence: 3 + i,
      transactions: [{ operations: [[created(data({ contract: id(i), val: u32(i) }))]] }],
    }),
  );
  ledgers.forEach((xdr, i) => call.write(ledgerEvent(3 + i, xdr)));
  call.end();
  const events = await collect(call);
  assert.deepEqual(
    events.map(({ id: name }) => name),
    ledgers.map((_, i) => `${ID}-${3 + i}`),
  );
  const rows = ledgers.reduce((sum, xdr) => sum + oracleRows(xdr, TEST_PASSPHRASE).length, 0);
  await until(() => registry.find(ID)?.metrics.contracts_processed === String(rows));
  assert.equal(registry.find(ID)!.metrics.current_ledger, '52');
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual((await exited)[0], 0);
});

test('a pipeline that is open does not hold the end of the service', async (t) => {
  const { port } = await controlPlane(t);
  const { child, ports } = await serve(t, { ...runEnvironment(port), SHUTDOWN_TIMEOUT: '20s' });
  const client = new Client(`127.0.0.1:${ports.grpc}`, credentials.createInsecure());
  t.after(() => client.close());
  const none = (): Buffer => Buffer.alloc(0);
  const call = client.makeBidiStreamRequest('/flowctl.v1.ProcessorService/Process', none, none);
  const failed = new Promise<unknown>((resolve) => call.once('error', resolve));
  call.resume();
  await once(call, 'metadata');
  const exited = once(child, 'exit');
  const begunAt = performance.now();
  child.kill('SIGTERM');
  assert.equal(((await failed) as ServiceError).code, status.UNAVAILABLE);
  assert.deepEqual((await exited)[0], 0);
  assert.ok(performance.now() - begunAt < 5000);
});
