import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessorError } from '../../workers/errors.js';
import { Health, type HealthReporter } from '../../src/ops/health.js';
import { HttpServer, type HttpServerOptions } from '../../src/ops/http-server.js';
import { createLogger } from '../../src/ops/logger.js';
import { Metrics } from '../../src/ops/metrics.js';
import { readExposition } from './exposition.js';

interface Service {
  readonly server: HttpServer;
  readonly port: number;
  readonly url: string;
  readonly source: HealthReporter;
}

async function start(t: TestContext, options: Partial<HttpServerOptions> = {}): Promise<Service> {
  const health = new Health();
  const source = health.component('source');
  const metrics = new Metrics('1.2.3');
  const logger = createLogger({ level: 'silent' });
  const server = new HttpServer({ host: '127.0.0.1', port: 0, version: '1.2.3', health, metrics, logger, ...options });
  const { port } = await server.listen();
  t.after(async () => {
    await server.close();
    metrics.close();
  });
  return { server, port, url: `http://127.0.0.1:${port}`, source };
}

test('/health says what is wrong, and fails only when the service does not serve', async (t) => {
  const { url, source } = await start(t);
  const health = async (): Promise<[number, Record<string, unknown>]> => {
    const response = await fetch(`${url}/health`);
    assert.equal(response.headers.get('content-type'), 'application/json');
    return [response.status, (await response.json()) as Record<string, unknown>];
  };

  const [startingStatus, starting] = await health();
  assert.equal(startingStatus, 503);
  assert.equal(starting.status, 'unhealthy');
  assert.deepEqual(starting.reasons, ['source: starting']);

  source.ready();
  const [readyStatus, ready] = await health();
  assert.equal(readyStatus, 200);
  assert.deepEqual(Object.keys(ready), ['status', 'reasons', 'uptime_seconds', 'version', 'components']);
  assert.equal(ready.status, 'healthy');
  assert.equal(ready.version, '1.2.3');
  assert.ok((ready.uptime_seconds as number) >= 0 && (ready.uptime_seconds as number) < 60);
  assert.deepEqual(ready.components, { source: { state: 'ready' } });

  source.degraded('reconnecting');
  const [degradedStatus, degraded] = await health();
  assert.equal(degradedStatus, 200);
  assert.equal(degraded.status, 'degraded');
  assert.deepEqual(degraded.reasons, ['source: reconnecting']);
});

test('/ready and /live follow the model', async (t) => {
  const { url, source } = await start(t);
  const statuses = async (): Promise<number[]> => [
    (await fetch(`${url}/ready`)).status,
    (await fetch(`${url}/live`)).status,
  ];
  assert.deepEqual(await statuses(), [503, 200]);
  source.ready();
  assert.deepEqual(await statuses(), [200, 200]);
  source.unavailable('gone');
  assert.deepEqual(await statuses(), [503, 200]);
  source.dead('gone for good');
  assert.deepEqual(await statuses(), [503, 503]);
});

test('/metrics is in the format that scrapers read', async (t) => {
  const { url } = await start(t);
  const response = await fetch(`${url}/metrics`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
  assert.ok(readExposition(await response.text()).has('contract_data_current_ledger'));
});

test('a query string does not matter, a HEAD has no body', async (t) => {
  const { url } = await start(t);
  assert.equal((await fetch(`${url}/live?verbose`)).status, 200);
  const head = await fetch(`${url}/health`, { method: 'HEAD' });
  assert.equal(head.status, 503);
  assert.equal(await head.text(), '');
});

test('other paths are 404, other methods 405', async (t) => {
  const { url } = await start(t);
  for (const path of ['/', '/healthz', '/metrics/', '//health'])
    assert.equal((await fetch(`${url}${path}`)).status, 404);
  const post = await fetch(`${url}/health`, { method: 'POST', body: '{}' });
  assert.equal(post.status, 405);
  assert.equal(post.headers.get('allow'), 'GET, HEAD');
});

test('a scrape that fails is a 500 and a log line, and the server lives on', async (t) => {
  const lines: string[] = [];
  const { url } = await start(t, {
    metrics: { contentType: 'text/plain', scrape: () => Promise.reject(new Error('out of order')) },
    logger: createLogger({ level: 'info', output: { write: (line) => lines.push(line) } }),
  });
  const response = await fetch(`${url}/metrics`);
  assert.equal(response.status, 500);
  assert.ok(!(await response.text()).includes('out of order'));
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /out of order/);
  assert.equal((await fetch(`${url}/live`)).status, 200);
});

test('an address in use is an error that names it', async (t) => {
  const { port } = await start(t);
  await assert.rejects(start(t, { port }), (error: unknown) => {
    assert.ok(error instanceof ProcessorError);
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}.*EADDRINUSE`));
    return true;
  });
});

test('without a host every interface is listened on', async (t) => {
  const { port } = await start(t, { host: undefined });
  assert.equal((await fetch(`http://127.0.0.1:${port}/live`)).status, 200);
});

test('closing is prompt though connections are kept alive', async (t) => {
  const { server, url } = await start(t);
  const agent = new Agent({ keepAlive: true });
  const [response] = (await once(get(`${url}/live`, { agent }), 'response')) as [NodeJS.ReadableStream];
  response.resume();
  await once(response, 'end');
  const begun = performance.now();
  await server.close();
  assert.ok(performance.now() - begun < 300, `${performance.now() - begun} ms`);
  agent.destroy();
});

test('closing is not held up by a connection that never sends its request', async (t) => {
  const { server, port } = await start(t);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /live HTTP/1.1\r\n');
  await sleep(20);
  const begun = performance.now();
  await server.close();
  assert.ok(performance.now() - begun < 2000, `${performance.now() - begun} ms`);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/live`));
  socket.destroy();
});

test('an answer under way when the server closes still arrives', async (t) => {
  let release: (text: string) => void = () => assert.fail('not scraped yet');
  const scraping = new Promise<string>((resolve) => (release = resolve));
  const { server, url } = await start(t, { metrics: { contentType: 'text/plain', scrape: () => scraping } });
  const response = fetch(`${url}/metrics`);
  await sleep(50);
  const closed = server.close();
  release('done\n');
  assert.equal(await (await response).text(), 'done\n');
  await closed;
  await server.close();
});
