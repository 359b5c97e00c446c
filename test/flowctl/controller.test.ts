import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { type Generation, GENERATIONS } from '../../src/flowctl-dev/dev-control-plane.js';
import { Refusal } from '../../src/flowctl-dev/unary.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../source/tls-files.js';
import { controllerOf, controlPlane, FACTS, freePort, HEARTBEAT_INTERVAL_MS } from './control-planes.js';
import { TestClock, until } from './test-clock.js';

const REGISTER: Readonly<Record<Generation, string>> = {
  A: 'Register',
  B: 'RegisterComponent',
  C: 'RegisterComponent',
};
const hang = (): Promise<void> => new Promise(() => undefined);

for (const generation of GENERATIONS) {
  describe(`with flowctl of generation ${generation}`, () => {
    test('it registers at once under its id, with the first heartbeat right behind', async (t) => {
      const { port, registry, events } = await controlPlane(t, { generation });
      const { registered, metric, states } = controllerOf(t, port);
      await until(() => registered() && events.length === 2);
      assert.deepEqual(events, ['registered HEALTHY', 'heartbeat HEALTHY']);
      assert.deepEqual(
        registry.all.map(({ id }) => id),
        [FACTS.id],
      );
      const [{ info, metrics }] = registry.all as [(typeof registry.all)[0]];
      assert.deepEqual(metrics, { contracts_processed: '12', error_rate: '0.5', current_ledger: '4294967295' });
      assert.equal(info.type, 'COMPONENT_TYPE_PROCESSOR');
      assert.equal(info.endpoint, generation === 'A' ? 'http://127.0.0.1:8089/health' : '127.0.0.1:8815');
      assert.deepEqual(info.input_event_types, [
        'raw_ledger_service.RawLedgerChunk',
        'stellar.LedgerCloseMeta',
        'stellar.ledger.v1',
      ]);
      assert.deepEqual(info.output_event_types, ['contract_data.ArrowBatch', 'stellar.ContractDataEntry']);
      assert.equal(info.metadata.flight_address, '127.0.0.1:8816');
      assert.equal(info.metadata.processor_type, 'contract_data');
      assert.equal(info.metadata.filter_contract_ids, '2');
      assert.deepEqual(states, ['connecting', 'registered']);
      assert.equal(await metric('registered'), 1);
      await until(() => events.length === 2);
    });

    test('heartbeats go out at their interval, and are counted when flowctl has taken them', async (t) => {
      const { port, events } = await controlPlane(t, { generation });
      const { clock, metric } = controllerOf(t, port);
      for (let beats = 1; beats <= 4; beats += 1) {
        await until(() => events.length === 1 + beats && clock.isSet(HEARTBEAT_INTERVAL_MS));
        clock.advance(HEARTBEAT_INTERVAL_MS - 1);
        await sleep(20);
        assert.equal(events.length, 1 + beats, 'not before its time');
        clock.advance(1);
      }
      await until(() => events.length === 6);
      await sleep(20);
      assert.equal(await metric('heartbeats_sent_total'), 5);
      assert.equal(await metric('heartbeat_errors_total'), 0);
    });

    test('a flowctl that is absent at the start and comes late is found', async (t) => {
      const port = await freePort();
      const { clock, states, registered, metric, health } = controllerOf(t, port);
      await clock.passUntil(() => states.length >= 4);
      assert.ok(states.every((state) => state === 'connecting'));
      assert.equal(await metric('registered'), 0);
      assert.equal(health.report().status, 'degraded', 'and never unhealthy');
      assert.match(health.report().reasons[0]!, /flowctl: not registered .*ECONNREFUSED/);
      const { registry } = await controlPlane(t, { generation, port });
      await clock.passUntil(registered);
      assert.equal(registry.all.length, 1);
      assert.equal(health.report().status, 'healthy');
    });

    test('a restart of flowctl without memory ends the registration at once and brings another', async (t) => {
      const first = await controlPlane(t, { generation });
      const { clock, states, registered, metric } = controllerOf(t, first.port);
      await until(registered);
      first.close();
      await until(() => !registered());
      assert.equal(await metric('registered'), 0);
      const second = await controlPlane(t, { generation, port: first.port });
      await clock.passUntil(registered);
      await until(() => second.events.includes('heartbeat HEALTHY'));
      assert.equal(second.registry.all.length, 1);
      assert.equal(await metric('registered'), 1);
      assert.deepEqual([...new Set(states)], ['connecting', 'registered', 'lost']);
    });

    test('a restart of flowctl with memory ends in one component with fresh metrics', async (t) => {
      const first = await controlPlane(t, { generation });
      const { clock, registered } = controllerOf(t, first.port);
      await until(() => registered() && first.events.length === 2);
      first.close();
      await until(() => !registered());
      const second = await controlPlane(t, { generation, port: first.port, registry: first.registry });
      await clock.passUntil(registered);
      await until(() => first.events.length === 4);
      assert.deepEqual(
        second.registry.all.map(({ id, metrics }) => [id, metrics.contracts_processed]),
        [[FACTS.id, '12']],
      );
    });

    test('an answer that flowctl does not know the service has it register again, without a wait', async (t) => {
      const { port, registry, events } = await controlPlane(t, { generation });
      const { clock, metric } = controllerOf(t, port);
      await until(() => events.length === 2);
      await sleep(20);
      registry.unregister(FACTS.id);
      clock.advance(HEARTBEAT_INTERVAL_MS);
      // Time stands still from here.
      await until(() => events.length === 5);
      assert.deepEqual(events.slice(2), ['unregistered HEALTHY', 'registered HEALTHY', 'heartbeat HEALTHY']);
      assert.equal(await metric('heartbeat_errors_total'), 1);
    });

    test('a flowctl that hangs at heartbeats costs the registration, and gets another when it works', async (t) => {
      let isHung = false;
      const beforeAnswer = (method: string): Promise<void> =>
        isHung && method === 'Heartbeat' ? hang() : Promise.resolve();
      const { port, events } = await controlPlane(t, { generation, beforeAnswer });
      const { clock, registered, metric } = controllerOf(t, port);
      await until(() => events.length === 2);
      await sleep(20);
      isHung = true;
      clock.advance(HEARTBEAT_INTERVAL_MS);
      await until(() => !registered());
      assert.equal(await metric('registered'), 0);
      assert.equal(await metric('heartbeat_errors_total'), 1);
      isHung = false;
      await clock.passUntil(registered);
    });

    test('a flowctl that hangs at the registration is given up and asked again', async (t) => {
      let isHung = true;
      const beforeAnswer = (): Promise<void> => (isHung ? hang() : Promise.resolve());
      const { port } = await controlPlane(t, { generation, beforeAnswer });
      const { clock, states, registered } = controllerOf(t, port);
      await clock.passUntil(() => states.length >= 3);
      assert.ok(!registered());
      isHung = false;
      await clock.passUntil(registered);
    });

    test('a flowctl that refuses is asked again, less and less often', async (t) => {
      let calls = 0;
      let isRefusing = true;
      const beforeAnswer = (method: string): Promise<void> => {
        if (method !== REGISTER[generation]) return Promise.resolve();
        calls += 1;
        return isRefusing ? Promise.reject(new Refusal(status.PERMISSION_DENIED, 'go away')) : Promise.resolve();
      };
      const { port } = await controlPlane(t, { generation, beforeAnswer });
      const { clock, registered, health } = controllerOf(t, port);
      const begunMs = clock.now();
      const atMs: number[] = [];
      for (let n = 1; n <= 6; n += 1) {
        await clock.passUntil(() => calls >= n, 50);
        atMs.push(clock.now() - begunMs);
        await sleep(10);
      }
      const gaps = atMs.slice(1).map((ms, i) => ms - atMs[i]!);
      assert.ok(gaps[4]! > 2 * gaps[0]!, gaps.join(' '));
      assert.match(health.report().reasons[0]!, /go away/);
      isRefusing = false;
      await clock.passUntil(registered);
    });

    test('a slow flowctl is waited for', async (t) => {
      const { port, events } = await controlPlane(t, { generation, beforeAnswer: () => sleep(120) });
      const { registered, metric } = controllerOf(t, port);
      await until(() => registered() && events.length === 2);
      await sleep(150);
      assert.equal(await metric('heartbeats_sent_total'), 1);
      assert.equal(await metric('registered'), 1);
    });

    test('a component that the janitor has marked is healthy again with the next heartbeat', async (t) => {
      const janitorClock = new TestClock();
      const { port, registry, events } = await controlPlane(t, { generation, clock: janitorClock });
      const { clock } = controllerOf(t, port);
      await until(() => events.length === 2);
      await sleep(20);
      janitorClock.advance(45_000);
      assert.equal(registry.find(FACTS.id)?.status, 'HEALTH_STATUS_UNHEALTHY');
      clock.advance(HEARTBEAT_INTERVAL_MS);
      await until(() => registry.find(FACTS.id)?.status === 'HEALTH_STATUS_HEALTHY');
    });

    test('the end says STOPPING and unregisters, in this order and within a second', async (t) => {
      const { port, registry, events } = await controlPlane(t, { generation });
      const { controller, metric, lines, states } = controllerOf(t, port);
      await until(() => events.length === 2);
      const begunAt = performance.now();
      await controller.stop();
      assert.ok(performance.now() - begunAt < 1000);
      assert.equal(await metric('registered'), 0);
      assert.equal(states.at(-1), 'stopping');
      if (generation === 'A') {
        assert.equal(registry.all.length, 1, 'the legacy control plane has no way to be told');
        assert.match(lines.join(''), /cannot be told that we leave/);
      } else {
        assert.deepEqual(events.slice(2), ['heartbeat STOPPING', 'unregistered STOPPING']);
        assert.equal(registry.all.length, 0);
      }
      await controller.stop();
    });

    test('an end while flowctl hangs takes less than a second', async (t) => {
      let isHung = false;
      const { port, events } = await controlPlane(t, {
        generation,
        beforeAnswer: () => (isHung ? hang() : Promise.resolve()),
      });
      const { controller } = controllerOf(t, port);
      await until(() => events.length === 2);
      isHung = true;
      const begunAt = performance.now();
      await controller.stop();
      assert.ok(performance.now() - begunAt < 1000);
    });

    test('an end during the registration leaves nothing behind', async (t) => {
      let asked = 0;
      const beforeAnswer = async (method: string): Promise<void> => {
        if (!method.startsWith('Register')) return;
        asked += 1;
        await sleep(100);
      };
      const { port, registry, events } = await controlPlane(t, { generation, beforeAnswer });
      const { controller, states } = controllerOf(t, port);
      await until(() => asked === 1);
      await controller.stop();
      await sleep(150);
      assert.ok(!states.includes('registered'));
      if (generation === 'A') assert.ok(!events.includes('heartbeat HEALTHY'));
      else assert.equal(registry.all.length, 0);
    });
  });
}

for (const generation of ['B', 'C'] as const) {
  test(`generation ${generation}: a registration that is answered after the end has given up is taken back, too`, async (t) => {
    let answers: (() => void) | undefined;
    const beforeAnswer = (method: string): Promise<void> =>
      method === 'RegisterComponent' ? new Promise((resolve) => (answers = resolve)) : Promise.resolve();
    const { port, registry, events } = await controlPlane(t, { generation, beforeAnswer });
    const { controller, clock } = controllerOf(t, port, {
      deadlines: { registerMs: 5000, heartbeatMs: 300, leavingMs: 300 },
    });
    await until(() => answers !== undefined);
    const stopped = controller.stop();
    clock.advance(300);
    await stopped;
    answers!();
    await until(() => events.length === 3);
    assert.deepEqual(events, ['registered HEALTHY', 'heartbeat STOPPING', 'unregistered STOPPING']);
    assert.equal(registry.all.length, 0);
  });

  test(`generation ${generation}: of two instances with one id, the one that stays is registered again`, async (t) => {
    const { port, registry } = await controlPlane(t, { generation });
    const leaving = controllerOf(t, port);
    await until(leaving.registered);
    const staying = controllerOf(t, port);
    await until(staying.registered);
    assert.equal(registry.all.length, 1);
    await leaving.controller.stop();
    assert.equal(registry.all.length, 0);
    await staying.clock.passUntil(() => registry.all.length === 1, 1000);
    await staying.clock.passUntil(staying.registered);
  });
}

test('a flowctl that is replaced by one of another generation is registered with in its own way', async (t) => {
  const port = await freePort();
  let before = await controlPlane(t, { generation: 'C', port });
  const { clock, registered, controller } = controllerOf(t, port);
  await until(registered);
  for (const generation of ['A', 'B', 'A', 'C'] as const) {
    before.close();
    await until(() => !registered());
    before = await controlPlane(t, { generation, port });
    await clock.passUntil(registered);
    const { current } = controller;
    assert.ok(current.kind === 'registered');
    assert.equal(current.controlPlane.name, generation === 'A' ? 'legacy' : 'v1');
  }
});

test('what is no gRPC at all is survived', async (t) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 418 I am a teapot\r\n\r\n\0\0\0\xff garbage');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { clock, states, registered } = controllerOf(t, port);
  await clock.passUntil(() => states.length >= 3);
  assert.ok(!registered());
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
  await controlPlane(t, { port });
  await clock.passUntil(registered);
});

test('answers that are no messages are survived', async (t) => {
  const garbage = (bytes: Buffer): Buffer => bytes;
  const method = {
    path: '/flowctl.v1.ControlPlaneService/RegisterComponent',
    requestStream: false,
    responseStream: false,
    requestSerialize: garbage,
    requestDeserialize: garbage,
    responseSerialize: garbage,
    responseDeserialize: garbage,
  };
  const server = new Server();
  server.addService(
    { RegisterComponent: method },
    {
      RegisterComponent: (_call: unknown, callback: (error: null, bytes: Buffer) => void) =>
        callback(null, Buffer.from('0affffffffffffffff7f', 'hex')),
    },
  );
  t.after(() => server.forceShutdown());
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
  });
  const { clock, states, registered } = controllerOf(t, port);
  await clock.passUntil(() => states.length >= 3);
  assert.ok(!registered());
});

test('with TLS it registers with a flowctl whose certificate it trusts, and with no other', async (t) => {
  const credentials = ServerCredentials.createSsl(null, [{ cert_chain: TEST_CERTIFICATE, private_key: TEST_KEY }]);
  const { port } = await controlPlane(t, { credentials });
  const target = `127.0.0.1:${port}`;
  const trusting = controllerOf(t, port, {
    address: { target, tls: { ca: TEST_CERTIFICATE, serverName: 'ledgers.example' } },
  });
  await until(trusting.registered);
  const strangers = [{ tls: { serverName: 'ledgers.example' } }, { tls: { ca: TEST_CERTIFICATE } }, {}];
  for (const address of strangers) {
    const other = controllerOf(t, port, { address: { target, ...address } });
    await other.clock.passUntil(() => other.states.length >= 2);
    assert.ok(!other.states.includes('registered'));
  }
});

test('an interval that leaves no room for a lost heartbeat is warned of', async (t) => {
  const port = await freePort();
  const warns = (heartbeatIntervalMs: number): boolean =>
    /one lost heartbeat/.test(controllerOf(t, port, { heartbeatIntervalMs }).lines.join(''));
  assert.ok(warns(15_000));
  assert.ok(!warns(14_999));
  await sleep(1);
});
