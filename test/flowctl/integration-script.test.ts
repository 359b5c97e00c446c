/** scripts/test-flowctl-integration.sh against what it is to check. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { controllerOf, controlPlane, FACTS, freePort, HEARTBEAT_INTERVAL_MS } from './control-planes.js';
import { until } from './test-clock.js';

const SCRIPT = fileURLToPath(new URL('../../../scripts/test-flowctl-integration.sh', import.meta.url));

async function run(
  healthPort: number,
  flowctlPort: number,
  watchSeconds = 8,
): Promise<{ code: number; output: string }> {
  const env = {
    PATH: process.env.PATH,
    HEALTH_URL: `http://127.0.0.1:${healthPort}`,
    FLOWCTL_ENDPOINT: `127.0.0.1:${flowctlPort}`,
    FLOWCTL_COMPONENT_ID: FACTS.id,
    WATCH_SECONDS: String(watchSeconds),
  };
  return await new Promise((resolve) => {
    execFile(SCRIPT, { env }, (error, output) => resolve({ code: Number(error?.code ?? 0), output }));
  });
}

/** The HTTP port of a processor that has sent so many heartbeats. */
async function processorAt(t: TestContext, heartbeats: () => Promise<number>): Promise<number> {
  const server: Server = createServer((request, response) => {
    void heartbeats().then((sent) => {
      const metrics = `contract_data_flowctl_registered 1\ncontract_data_flowctl_heartbeats_sent_total ${sent}\n`;
      response.end(request.url === '/metrics' ? metrics : JSON.stringify({ status: 'healthy', reasons: [] }));
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

for (const generation of ['A', 'C'] as const) {
  test(`all is well with a registered processor and flowctl of generation ${generation}`, async (t) => {
    const { port, events } = await controlPlane(t, { generation });
    const { clock, metric } = controllerOf(t, port);
    await until(() => events.length === 2);
    const healthPort = await processorAt(t, () => metric('heartbeats_sent_total'));
    const beating = setInterval(() => clock.advance(HEARTBEAT_INTERVAL_MS), 700);
    const { code, output } = await run(healthPort, port);
    clearInterval(beating);
    assert.match(output, /heartbeats are accepted/);
    assert.match(output, /and arrive in the registry/);
    assert.match(output, /contracts_processed = 12/);
    assert.equal(code, 0, output);
  });
}

test('with nobody there it fails, and says what to look at', async () => {
  const { code, output } = await run(await freePort(), await freePort());
  assert.equal(code, 1);
  assert.match(output, /is the processor running\?/);
  assert.match(output, /is it running\? flowctl server/);
});

test('a processor that is registered nowhere is a failure', async (t) => {
  const { port } = await controlPlane(t);
  const healthPort = await processorAt(t, () => Promise.resolve(1));
  const { code, output } = await run(healthPort, port, 2);
  assert.equal(code, 1);
  assert.match(output, /it is not in the registry/);
  assert.match(output, /no heartbeat was accepted within 2 s/);
});
