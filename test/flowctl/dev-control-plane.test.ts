/** What flowctl-dev must do as flowctl's releases do it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { componentList } from '../../src/flowctl-dev/component-list.js';
import type { Generation } from '../../src/flowctl-dev/dev-control-plane.js';
import { loadProto } from '../../src/grpc/load-proto.js';
import { controlPlane, type RunningControlPlane } from './control-planes.js';
import { TestClock } from './test-clock.js';

type Message = Record<string, unknown>;
type Call = (method: string, request?: Message) => Promise<Message>;

function caller(t: { after(run: () => void): void }, file: string, service: string, port: number): Call {
  const name = service.split('.');
  let at: unknown = loadPackageDefinition(loadProto(file));
  for (const part of name) at = (at as Message)[part];
  const client = new (at as ServiceClientConstructor)(`127.0.0.1:${port}`, credentials.createInsecure());
  t.after(() => client.close());
  const methods = client as unknown as Record<
    string,
    (request: Message, done: (error: ServiceError | null, answer: Message) => void) => void
  >;
  return (method, request = {}) =>
    new Promise((resolve, reject) => {
      methods[method]!(request, (error, answer) => (error === null ? resolve(answer) : reject(error)));
    });
}

async function running(
  t: Parameters<typeof controlPlane>[0],
  generation: Generation,
): Promise<RunningControlPlane & { clock: TestClock; v1: Call; legacy: Call }> {
  const clock = new TestClock();
  const plane = await controlPlane(t, { generation, clock });
  return {
    ...plane,
    clock,
    v1: caller(t, 'flowctl/v1/control_plane.proto', 'flowctl.v1.ControlPlaneService', plane.port),
    legacy: caller(t, 'flowctl/control_plane.proto', 'flowctl.ControlPlane', plane.port),
  };
}

const COMPONENT = {
  id: 'p',
  type: 'COMPONENT_TYPE_PROCESSOR',
  output_event_types: ['a', 'b'],
  input_event_types: ['in'],
  metadata: { net: 'x' },
};

const unimplemented = { code: status.UNIMPLEMENTED };
const unknown = { code: status.UNKNOWN, details: 'service nobody not found' };

test('A serves the legacy service alone, B version 1 alone, C both', async (t) => {
  const [a, b, c] = await Promise.all([running(t, 'A'), running(t, 'B'), running(t, 'C')]);
  await assert.rejects(a.v1('ListComponents'), unimplemented);
  await a.legacy('ListServices');
  await b.v1('ListComponents');
  await assert.rejects(b.legacy('ListServices'), unimplemented);
  await c.v1('ListComponents');
  await c.legacy('ListServices');
});

test('a heartbeat of an unknown id is UNKNOWN, "service X not found", everywhere', async (t) => {
  for (const [generation, service] of [
    ['A', 'legacy'],
    ['B', 'v1'],
    ['C', 'v1'],
    ['C', 'legacy'],
  ] as const) {
    const plane = await running(t, generation);
    await assert.rejects(plane[service]('Heartbeat', { service_id: 'nobody' }), unknown);
  }
});

test('version 1 merges metrics, keeps the status that UNKNOWN leaves, and clears all on registration', async (t) => {
  const { v1 } = await running(t, 'C');
  const answer = await v1('RegisterComponent', { component: COMPONENT });
  assert.equal(answer.service_id, 'p');
  assert.deepEqual(answer.assigned_topics, ['a.v1', 'b.v1']);
  const beat = (metrics: Message, health?: string): Promise<Message> =>
    v1('Heartbeat', { service_id: 'p', metrics, ...(health !== undefined && { status: health }) });
  await beat({ one: '1', two: '2' }, 'HEALTH_STATUS_DEGRADED');
  await beat({ two: '3' });
  const found = await v1('GetComponentStatus', { service_id: 'p' });
  assert.deepEqual(found.metrics, { one: '1', two: '3' });
  assert.equal(found.status, 'HEALTH_STATUS_DEGRADED');
  await v1('RegisterComponent', { component: COMPONENT, component_id: 'p' });
  const again = await v1('GetComponentStatus', { service_id: 'p' });
  assert.deepEqual(again.metrics, {});
  assert.equal(again.status, 'HEALTH_STATUS_HEALTHY');
});

test('the legacy service of A replaces metrics, keeps the timestamp, and heals with each heartbeat', async (t) => {
  const { legacy, clock } = await running(t, 'A');
  const answer = await legacy('Register', {
    service_id: 'p',
    service_type: 'SERVICE_TYPE_PROCESSOR',
    output_event_types: ['a'],
  });
  assert.deepEqual(answer.topic_names, ['a.v1']);
  const timestamp = { seconds: 5, nanos: 7_000_000 };
  await legacy('Heartbeat', { service_id: 'p', metrics: { one: 1.5, two: 2 }, timestamp });
  await legacy('Heartbeat', { service_id: 'p', metrics: { two: 3 }, timestamp });
  clock.advance(45_000);
  const stale = await legacy('GetServiceStatus', { service_id: 'p' });
  assert.deepEqual(stale.metrics, { two: 3 });
  assert.equal(stale.is_healthy, false);
  assert.deepEqual(stale.last_heartbeat, { seconds: '5', nanos: 7_000_000 });
  await legacy('Heartbeat', { service_id: 'p' });
  assert.equal((await legacy('GetServiceStatus', { service_id: 'p' })).is_healthy, true);
});

test('the wrapper of C loses metrics, cannot heal, and lists ids without health', async (t) => {
  const { legacy, v1, clock } = await running(t, 'C');
  const answer = await legacy('Register', {
    service_id: 'p',
    service_type: 'SERVICE_TYPE_PROCESSOR',
    output_event_types: ['a'],
  });
  assert.deepEqual([answer.service_id, answer.topic_names, answer.connection_info], ['p', [], {}]);
  await legacy('Heartbeat', { service_id: 'p', metrics: { one: 1 } });
  assert.deepEqual((await v1('GetComponentStatus', { service_id: 'p' })).metrics, {});
  clock.advance(45_000);
  await legacy('Heartbeat', { service_id: 'p' });
  assert.equal((await v1('GetComponentStatus', { service_id: 'p' })).status, 'HEALTH_STATUS_UNHEALTHY');
  const { services } = (await legacy('ListServices')) as { services: Message[] };
  assert.deepEqual(
    services.map((one) => [one.service_id, one.is_healthy, one.service_type]),
    [['p', false, 'SERVICE_TYPE_UNSPECIFIED']],
  );
  await assert.rejects(legacy('GetServiceStatus', { service_id: 'p' }));
  await legacy('Register', { service_id: 'p' });
  assert.equal((await v1('GetComponentStatus', { service_id: 'p' })).status, 'HEALTH_STATUS_HEALTHY');
});

test('the janitor marks what was silent for 30 s, in sweeps of 10 s, from HEALTHY alone, and deletes nothing', async (t) => {
  const { v1, clock, registry } = await running(t, 'B');
  await v1('RegisterComponent', { component: COMPONENT });
  await v1('RegisterComponent', { component: { ...COMPONENT, id: 'q' } });
  await v1('Heartbeat', { service_id: 'q', status: 'HEALTH_STATUS_DEGRADED' });
  clock.advance(30_000);
  assert.equal(registry.find('p')!.status, 'HEALTH_STATUS_HEALTHY');
  clock.advance(9999);
  assert.equal(registry.find('p')!.status, 'HEALTH_STATUS_HEALTHY');
  clock.advance(1);
  assert.equal(registry.find('p')!.status, 'HEALTH_STATUS_UNHEALTHY');
  clock.advance(1_000_000);
  assert.equal(registry.find('q')!.status, 'HEALTH_STATUS_DEGRADED');
  assert.equal(registry.all.length, 2);
});

test('components are listed by health and type, and found by type, any event type, and all metadata', async (t) => {
  const { v1 } = await running(t, 'C');
  await v1('RegisterComponent', { component: COMPONENT });
  await v1('RegisterComponent', { component: { ...COMPONENT, id: 's', type: 'COMPONENT_TYPE_SOURCE' } });
  await v1('Heartbeat', { service_id: 'p', status: 'HEALTH_STATUS_DEGRADED' });
  const listed = async (request: Message): Promise<unknown[]> =>
    ((await v1('ListComponents', request)) as { components: { component: Message }[] }).components.map(
      ({ component }) => component.id,
    );
  assert.deepEqual(await listed({}), ['s']);
  assert.deepEqual(await listed({ include_unhealthy: true }), ['p', 's']);
  assert.deepEqual(await listed({ include_unhealthy: true, type_filter: 'COMPONENT_TYPE_PROCESSOR' }), ['p']);
  const found = async (request: Message): Promise<unknown[]> =>
    ((await v1('DiscoverComponents', request)) as { components: Message[] }).components.map(({ id }) => id);
  assert.deepEqual(await found({}), ['p', 's']);
  assert.deepEqual(await found({ type: 'COMPONENT_TYPE_SOURCE' }), ['s']);
  assert.deepEqual(await found({ event_types: ['nothing', 'in'] }), ['p', 's']);
  assert.deepEqual(await found({ event_types: ['nothing'] }), []);
  assert.deepEqual(await found({ metadata_filters: { net: 'x', more: 'y' } }), []);
  await v1('UnregisterComponent', { service_id: 'p' });
  await v1('UnregisterComponent', { service_id: 'never there' });
  assert.deepEqual(await found({}), ['s']);
});

test('the list shows a line for each component', async (t) => {
  const { v1, registry } = await running(t, 'C');
  assert.equal(componentList(registry.all, Date.now()), 'no component is registered\n');
  await v1('RegisterComponent', { component: { ...COMPONENT, endpoint: '10.0.0.1:8815' } });
  await v1('Heartbeat', { service_id: 'p', metrics: { current_ledger: '123', processing_rate: '4.5' } });
  const [head, line] = componentList(registry.all, Date.now() + 7000).split('\n');
  assert.match(head!, /^ID +TYPE +STATUS +ENDPOINT/);
  assert.match(line!, /^p +PROCESSOR +HEALTHY +10\.0\.0\.1:8815 +7s +1 +7s ago +123 +4\.5/);
});
