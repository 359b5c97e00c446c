import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SourceDiscovery } from '../../src/flowctl/source-discovery.js';
import type { RegisteredInfo } from '../../src/flowctl-dev/registry.js';
import { Health } from '../../src/ops/health.js';
import { createLogger } from '../../src/ops/logger.js';
import { DiscoveredLedgerSource } from '../../src/source/discovered-source.js';
import { lastLedgerOf, readRange, serve } from '../source/made-up-ledgers.js';
import { controlPlane, freePort } from './control-planes.js';
import { TestClock, until } from './test-clock.js';

const NETWORK = 'made up';

function source(id: string, endpoint: string, more: Partial<RegisteredInfo> = {}): RegisteredInfo {
  return {
    id,
    name: id,
    description: '',
    version: '',
    type: 'COMPONENT_TYPE_SOURCE',
    input_event_types: [],
    output_event_types: ['raw_ledger_service.RawLedgerChunk'],
    endpoint,
    metadata: {},
    ...more,
  };
}

function discovery(t: TestContext, port: number): { finder: SourceDiscovery; clock: TestClock; health: Health } {
  const clock = new TestClock();
  const health = new Health();
  const finder = new SourceDiscovery({
    address: { target: `127.0.0.1:${port}` },
    networkPassphrase: NETWORK,
    health: health.component('source'),
    logger: createLogger({ level: 'silent' }),
    clock,
  });
  t.after(() => finder.close());
  return { finder, clock, health };
}

const never = new AbortController().signal;

test('ledgers come from the source that flowctl names, as soon as it names one', async (t) => {
  const { target } = await serve(t);
  const { port, registry } = await controlPlane(t);
  const { finder, clock, health } = discovery(t, port);
  const ledgers = new DiscoveredLedgerSource(finder, {});
  const reading = readRange(ledgers, { startLedger: 5, endLedger: 40 });
  await until(() => health.report().reasons.some((reason) => /knows no source/.test(reason)));
  assert.equal(health.report().status, 'degraded', 'and not unhealthy');
  registry.register('s', source('s', target));
  await clock.passUntil(() => health.report().status === 'healthy');
  assert.equal(lastLedgerOf(await reading), 40);
  assert.equal(ledgers.openStreams.length, 0);
});

test('sources of other networks, other components and other events are passed over; of the rest the first by id', async (t) => {
  const { port, registry } = await controlPlane(t);
  registry.register('a', source('a', 'x:1', { metadata: { network_passphrase: 'another' } }));
  registry.register('b', source('b', 'x:2', { type: 'COMPONENT_TYPE_PROCESSOR' }));
  registry.register('c', source('c', 'x:3', { output_event_types: ['prices'] }));
  registry.register('d', source('d', ''));
  registry.register('f', source('f', 'x:6'));
  registry.register('e', source('e', 'x:5', { metadata: { network_passphrase: NETWORK } }));
  const { finder } = discovery(t, port);
  assert.equal(await finder.target(never), 'x:5');
});

test('a source that moves is followed, at the exact next ledger; while it stays, others do not matter', async (t) => {
  const first = await serve(t, { ledgersPerSecond: 0, faults: { hangAfter: [{ ledger: 20, always: true }] } });
  const second = await serve(t);
  const { port, registry } = await controlPlane(t);
  registry.register('m', source('m', first.target));
  const { finder, clock } = discovery(t, port);
  const reading = readRange(new DiscoveredLedgerSource(finder, {}), { startLedger: 1, endLedger: 60 });
  assert.equal(await finder.target(never), first.target);
  registry.register('a', source('a', 'nowhere.invalid:1'));
  await clock.passUntil(() => clock.now() > 20_000);
  assert.equal(await finder.target(never), first.target);
  registry.unregister('a');
  registry.register('m', source('m', second.target));
  let moved = false;
  finder.onMoved(() => (moved = true));
  await clock.passUntil(() => moved);
  // readRange checks that each ledger follows the one before.
  assert.equal(lastLedgerOf(await reading), 60);
});

test('flowctl may be away: the source that was found is kept', async (t) => {
  const plane = await controlPlane(t);
  plane.registry.register('s', source('s', 'x:1'));
  const { finder, clock, health } = discovery(t, plane.port);
  assert.equal(await finder.target(never), 'x:1');
  plane.close();
  await clock.passUntil(() => clock.now() > 30_000);
  assert.equal(await finder.target(never), 'x:1');
  assert.equal(health.report().status, 'healthy');
});

test('a flowctl that cannot tell, or is not there, degrades with advice', async (t) => {
  const legacy = await controlPlane(t, { generation: 'A' });
  const asked = discovery(t, legacy.port);
  await until(() => /set SOURCE_ENDPOINT to an address/.test(asked.health.report().reasons.join()));
  const absent = discovery(t, await freePort());
  await until(() => /does not say where the source is.*ECONNREFUSED/.test(absent.health.report().reasons.join()));
});

test('who stops waiting for a source is let go', async (t) => {
  const { port } = await controlPlane(t);
  const { finder } = discovery(t, port);
  const stop = new AbortController();
  const waiting = finder.target(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
});
