/** /health, /ready and /live against what the source really does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlightReader } from '../service/flight-reader.js';
import { eventually, runService } from '../service/running-service.js';
import { simulatedSource } from '../service/simulated-source.js';

test('a source that is away is a reason to be degraded; when it comes all is well, when it goes again it is not', async (t) => {
  const place = await simulatedSource(t);
  place.close();
  const service = await runService(t, place);
  const statusIs = (status: string) => async (): Promise<boolean> =>
    (await service.probe('/health')).body.status === status;

  await eventually('the absence is noticed', statusIs('degraded'), 5_000);
  const away = await service.probe('/health');
  assert.equal(away.status, 200);
  assert.match(away.body.reasons.join(), new RegExp(`source.*127.0.0.1:${place.port}`));
  assert.equal((await service.probe('/ready')).status, 200, 'reconnecting: requests are worth sending');
  assert.equal((await service.probe('/live')).status, 200);

  const back = await simulatedSource(t, {}, place.port);
  await eventually('the return is noticed', statusIs('healthy'), 8_000);
  assert.deepEqual((await service.probe('/health')).body.reasons, []);

  back.close();
  await eventually('the loss is noticed', statusIs('degraded'), 5_000);
});

const LONG = { skip: process.env.TEST_LONG === '1' ? false : 'takes long: TEST_LONG=1' };

test('a service that streams says that it is healthy, however long its source was away before', LONG, async (t) => {
  const place = await simulatedSource(t);
  place.close();
  const service = await runService(t, place);
  const reader = new FlightReader(t, service.ports.flight);
  const { tickets } = await reader.info({ start_ledger: 1 });
  let rows = 0;
  let left = false;
  const reading = reader.read(tickets[0]!, ({ progress }) => {
    rows += progress.rows;
    return !left;
  });
  await eventually('the absence is noticed', async () => (await service.probe('/health')).body.status === 'degraded');
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  await simulatedSource(t, {}, place.port);
  await eventually('rows flow', () => rows > 0, 15_000);
  await eventually('health says so', async () => (await service.probe('/health')).body.status === 'healthy', 2_000);
  left = true;
  await reading;
});

test('a service that is told to stop is not ready, while it still delivers', async (t) => {
  const service = await runService(t, await simulatedSource(t), { SHUTDOWN_TIMEOUT: '4s' });
  const reader = new FlightReader(t, service.ports.flight);
  const { tickets } = await reader.info({ start_ledger: 1, end_ledger: 100_000 });
  let reads = false;
  const reading = reader.read(tickets[0]!, async () => {
    while (!reads) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  await eventually(
    'it waits for its reader',
    async () => (await service.metrics()).get('contract_data_flight_queued_bytes')! > 0,
  );
  const stopped = service.stop();
  await eventually('it says so', async () => (await service.probe('/ready')).status === 503, 1_000);
  assert.equal((await service.probe('/live')).status, 200);
  reads = true;
  assert.match((await reading).text, /^SHUTTING_DOWN: /);
  assert.equal(await stopped, 0);
});
