import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlClient } from '../control/control-client.js';
import { FlightReader } from '../service/flight-reader.js';
import { eventually, runService, type RunningService } from '../service/running-service.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';

/** As far as these tests look at it. */
interface Status {
  readonly service: { readonly name: string; readonly network: string; readonly source: string };
  readonly health: { readonly status: string; readonly reasons: readonly string[] };
  readonly ledgers: { readonly tip: number; readonly delivered: number; readonly watermark: number };
  readonly memory: { readonly queued_bytes: Readonly<Record<string, number>>; readonly limit_bytes: number };
  readonly totals: { readonly rows: number; readonly ledgers: number; readonly bytes: number };
  readonly range_readers: { readonly total: number; readonly listed: readonly Reader[] };
  readonly sessions: { readonly total: number; readonly listed: readonly Session[] };
  readonly events: readonly { readonly level: string; readonly message: string }[];
}

interface Reader {
  readonly table: string;
  readonly start_ledger: number;
  readonly end_ledger: number;
  readonly complete_through: number;
  readonly behind_ledgers: number;
  readonly rows: number;
}

interface Session {
  readonly id: string;
  readonly state: string;
  readonly complete_through: number;
  readonly waits_for_readers: boolean;
  readonly readers: { readonly total: number };
}

const get = (service: RunningService, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${service.ports.health}${path}`, { headers });
const status = async (service: RunningService): Promise<Status> =>
  (await (await get(service, '/status.json')).json()) as Status;

/** Resolves with a status that `is` holds of. */
async function statusThat(service: RunningService, what: string, is: (status: Status) => boolean): Promise<Status> {
  let latest: Status | undefined;
  await eventually(what, async () => is((latest = await status(service))));
  return latest!;
}

test('the status is what was read, by the numbers of /metrics', async (t) => {
  const source = await simulatedSource(t);
  const service = await runService(t, source);
  const reader = new FlightReader(t, service.ports.flight);
  await reader.readRange({ start_ledger: 1, end_ledger: 40 });
  const rows = expectedRows(1, 40).length;
  const shown = await statusThat(service, 'all rows shown', ({ totals }) => totals.rows === rows);
  assert.equal(shown.ledgers.delivered, 40);
  assert.equal(shown.totals.ledgers, 40);
  assert.equal(shown.service.source, `127.0.0.1:${source.port}`);
  assert.equal(shown.service.network, 'Test SDF Network ; September 2015');
  assert.equal(shown.memory.limit_bytes, 256 * 2 ** 20);
  assert.equal(shown.range_readers.total, 0);
  assert.deepEqual(shown.events, []);

  const metrics = await service.metrics();
  assert.equal(metrics.get('contract_data_contracts_processed_total'), rows);
  assert.equal(metrics.get('contract_data_bytes_processed_total'), shown.totals.bytes);
  assert.equal(metrics.get('contract_data_tip_ledger'), shown.ledgers.tip);
});

test('a reader is listed with its place and how far it is behind, until it leaves', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const reader = new FlightReader(t, service.ports.flight);
  const { tickets } = await reader.info({ start_ledger: 11, end_ledger: 999_999, batch_size: 50 });
  let leave: (stay: false) => void = () => assert.fail('not reading yet');
  const leaving = new Promise<false>((resolve) => (leave = resolve));
  const reading = reader.read(tickets[0]!, () => leaving);
  const shown = await statusThat(service, 'a reader that has rows', ({ range_readers: { listed } }) => {
    return (listed[0]?.complete_through ?? 0) > 11;
  });
  const [listed] = shown.range_readers.listed;
  assert.equal(shown.range_readers.total, 1);
  assert.equal(listed!.table, 'contract_data');
  assert.equal(listed!.start_ledger, 11);
  assert.equal(listed!.end_ledger, 999_999);
  assert.equal(listed!.behind_ledgers, 999_999 - listed!.complete_through);
  assert.equal(listed!.rows, expectedRows(11, listed!.complete_through).length);
  leave(false);
  await reading;
  await statusThat(service, 'nobody reads', ({ range_readers: { total } }) => total === 0);
});

test('a session without readers is shown to wait for them', async (t) => {
  const service = await runService(t, await simulatedSource(t), { SESSION_WINDOW_MB: '4' });
  const call = controlClient(t, service.ports.grpc);
  const { session_id: id } = await call('StartProcessing', { start_ledger: 1, end_ledger: 0 });
  const shown = await statusThat(service, 'a session that waits', ({ sessions: { listed } }) => {
    return listed[0]?.waits_for_readers === true;
  });
  const [session] = shown.sessions.listed;
  assert.equal(session!.id, id);
  assert.equal(session!.state, 'running');
  assert.equal(session!.readers.total, 0);
  assert.ok(session!.complete_through > 1);
});

test('a source that goes away is an event and a reason', async (t) => {
  const source = await simulatedSource(t);
  const service = await runService(t, source);
  await statusThat(service, 'healthy', ({ health }) => health.status === 'healthy');
  source.close();
  const shown = await statusThat(service, 'degraded', ({ health }) => health.status === 'degraded');
  assert.match(shown.health.reasons[0]!, /^source: .*cannot be reached/);
  assert.equal(shown.events[0]?.level, 'warn');
  assert.match(shown.events[0].message, /^source is degraded: .*cannot be reached/);
});

test('the configuration shows what was set, and no secret', async (t) => {
  const source = await simulatedSource(t);
  const service = await runService(t, source, { SOURCE_TOKEN: 'secret-of-the-source', MAX_MEMORY_MB: '300' });
  const text = await (await get(service, '/status/configuration.json')).text();
  assert.ok(!text.includes('secret-of-the-source'));
  const settings = JSON.parse(text) as { key: string; value: string; is_default: boolean }[];
  const setting = (key: string): object | undefined => settings.find((one) => one.key === key);
  assert.deepEqual(setting('SOURCE_TOKEN'), { key: 'SOURCE_TOKEN', value: '***', is_default: false });
  assert.deepEqual(setting('MAX_MEMORY_MB'), { key: 'MAX_MEMORY_MB', value: '300', is_default: false });
  assert.deepEqual(setting('BATCH_SIZE'), { key: 'BATCH_SIZE', value: '1000', is_default: true });
  for (const path of ['/', '/status.json', '/status/history.json']) {
    assert.ok(!(await (await get(service, path)).text()).includes('secret-of-the-source'), path);
  }
});

test('where tokens are set, page and figures need one, as Bearer or as a password that browsers ask for', async (t) => {
  const service = await runService(t, await simulatedSource(t), { HEALTH_TOKENS: 'look-at-this' });
  const basic = (password: string): string => `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}`;
  for (const path of ['/', '/status.json', '/status/history.json', '/status/configuration.json', '/metrics']) {
    const refused = await get(service, path);
    assert.equal(refused.status, 401, path);
    assert.match(refused.headers.get('www-authenticate')!, /Bearer, Basic realm="/);
    for (const authorization of ['Bearer something-else', basic('something-else')]) {
      assert.equal((await get(service, path, { authorization })).status, 401, path);
    }
    for (const authorization of ['Bearer look-at-this', basic('look-at-this')]) {
      assert.equal((await get(service, path, { authorization })).status, 200, path);
    }
  }
  assert.equal((await get(service, '/live')).status, 200);
});

test('the page takes everything from this server, and a browser is told to allow nothing else', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const page = await get(service, '/');
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  const policy = page.headers.get('content-security-policy')!;
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const linked = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target]) => target!);
  assert.ok(linked.length > 4);
  for (const target of new Set(linked)) {
    assert.match(target, /^\//);
    const answer = await get(service, target);
    assert.equal(answer.status, 200, target);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    for (const [, module] of (await answer.text()).matchAll(/^import .* from '([^']+)';$/gm)) {
      assert.equal((await get(service, module!)).status, 200, module);
    }
  }
});

test('however often it is asked, the status is made once a second or so', async (t) => {
  const service = await runService(t, await simulatedSource(t));
  const answers = await Promise.all(Array.from({ length: 50 }, () => status(service)));
  const moments = new Set(answers.map((answer) => (answer as unknown as { at: string }).at));
  assert.ok(moments.size < 25, `${moments.size} different ones`);
});
