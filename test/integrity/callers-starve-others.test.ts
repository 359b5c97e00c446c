/** Nobody can keep others from being served: not with many bad requests, nor with one large one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { status, type ServiceError } from '@grpc/grpc-js';
import { command, ticket } from '../flight/google-protobuf.js';
import { rawCall } from '../flight/raw-reader.js';
import { fileCleanup } from '../service/cleanup.js';
import { FlightReader, rowsOf } from '../service/flight-reader.js';
import { eventually, runService, type RunningService } from '../service/running-service.js';
import { expectedRows, simulatedSource } from '../service/simulated-source.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const cleanup = fileCleanup();
let service: RunningService;
let reader: FlightReader;
before(async () => {
  service = await runService(cleanup, await simulatedSource(cleanup), { LOG_LEVEL: 'error' });
  reader = new FlightReader(cleanup, service.ports.flight);
});

/** What is held, not what waits to be collected: how far the collector lags is no property of the service. */
function memoryHeld(): NodeJS.MemoryUsage {
  collectGarbage();
  return process.memoryUsage();
}

const openStreams = async (): Promise<number> =>
  (await service.metrics()).get('contract_data_open_streams{kind="range"}')!;

async function servesWell(): Promise<void> {
  assert.equal((await service.probe('/health')).body.status, 'healthy');
  assert.deepEqual(rowsOf(await reader.readRange({ start_ledger: 50, end_ledger: 54 })), expectedRows(50, 54));
}

test('2,000 bad requests leave the service healthy, and its memory as it was', async () => {
  const garbage = (i: number): string => `{"start_ledger":${i},"filters":{"x${i}":"${'y'.repeat(i)}"}}`;
  const flood = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 50) {
      const calls = Array.from({ length: 50 }, (_, j) =>
        (i + j) % 2 === 0
          ? reader
              .unary('GetFlightInfo', command(garbage(i + j)))
              .catch((error: unknown) => (error as ServiceError).code)
          : reader.read(garbage(i + j)).then((reading) => reading.status),
      );
      assert.ok((await Promise.all(calls)).every((code) => code === status.INVALID_ARGUMENT));
    }
  };
  await flood(500);
  const before = memoryHeld();
  await flood(2_000);
  const after = memoryHeld();
  assert.ok(after.heapUsed - before.heapUsed < 10e6, `heap from ${before.heapUsed} to ${after.heapUsed}`);
  assert.ok(after.rss - before.rss < 150e6, `RSS from ${before.rss} to ${after.rss}`);
  assert.equal(await openStreams(), 0);
  await servesWell();
});

test('a request of 200 KiB that makes no sense is refused before others wait long', async () => {
  const keys = Array.from({ length: 15_000 }, (_, i) => `"key${i}":1`);
  const startedAt = performance.now();
  const call = reader.unary('GetFlightInfo', command(`{${keys.join(',')}}`));
  await assert.rejects(call, (error: unknown) => (error as ServiceError).code === status.INVALID_ARGUMENT);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < 700, `the service stood still for ${Math.round(tookMs)} ms`);
});

test('readers that leave before they read leave nothing behind, whenever they leave', async (t) => {
  for (const when of ['with the request', 'once connected', 'once answered']) {
    // Room for four streams: one that is forgotten would soon be missed.
    const own = await runService(t, await simulatedSource(t), { LOG_LEVEL: 'error', MAX_MEMORY_MB: '32' });
    const others = new FlightReader(t, own.ports.flight);
    const { tickets } = await others.info({ start_ledger: 1, end_ledger: 100_000 });
    for (let i = 0; i < 4; i += 1) {
      const calls = Array.from({ length: 10 }, () => rawCall(own.ports.flight, 'DoGet', ticket(tickets[0]!)));
      await Promise.all(
        calls.map(async (call, j) => {
          if (when === 'once connected') await once(call.session, 'connect');
          if (when === 'once answered') await call.headers;
          if (j % 2 === 0 || when === 'with the request') call.cancel();
          else call.close();
          setTimeout(() => call.close(), 300);
        }),
      );
    }
    await eventually('nothing is held', async () => holdsNothing(await own.metrics()));
    const reading = await others.readRange({ start_ledger: 50, end_ledger: 52 });
    assert.equal(reading.text, '', `after readers that left ${when}`);
    assert.deepEqual(rowsOf(reading), expectedRows(50, 52));
  }
});

function holdsNothing(metrics: ReadonlyMap<string, number>): boolean {
  const held = [...metrics].filter(([name]) =>
    /^contract_data_(queued_bytes|open_streams|flight_clients_connected|source_connections)/.test(name),
  );
  assert.ok(held.length > 5);
  return held.every(([, value]) => value === 0);
}

test('one stream more than there is memory for is UNAVAILABLE at once, and fits when another has ended', async (t) => {
  const own = await runService(t, await simulatedSource(t), { MAX_MEMORY_MB: '32' });
  const others = new FlightReader(t, own.ports.flight);
  const streams = async (): Promise<number> => (await own.metrics()).get('contract_data_open_streams{kind="range"}')!;
  const { tickets } = await others.info({ start_ledger: 1, end_ledger: 100_000 });
  const still = Array.from({ length: 4 }, () => rawCall(own.ports.flight, 'DoGet', ticket(tickets[0]!)));
  t.after(() => still.forEach((call) => call.close()));
  await Promise.all(still.map(({ headers }) => headers));
  await eventually('4 streams of 8 MiB are open', async () => (await streams()) === 4);

  const startedAt = performance.now();
  const { status: code, text } = await others.read(tickets[0]!);
  assert.equal(code, status.UNAVAILABLE);
  assert.match(text, /^MEMORY_EXHAUSTED: /);
  assert.ok(performance.now() - startedAt < 2_000);

  still[0]!.close();
  await eventually('a stream has ended', async () => (await streams()) === 3);
  assert.deepEqual(rowsOf(await others.readRange({ start_ledger: 50, end_ledger: 54 })), expectedRows(50, 54));
});
