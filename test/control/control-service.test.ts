import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentials, loadPackageDefinition, type ServiceClientConstructor, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { eventually, pause } from '../service/running-service.js';
import { expectedRows, ledgerBytes } from '../service/simulated-source.js';
import { sessionService, ticketOf } from '../session/session-service.js';
import { contractDataClient } from './control-client.js';

const unixSeconds = (): number => Math.floor(Date.now() / 1000);

test('ranges, batch sizes, filters and columns that make no sense are INVALID_ARGUMENT and name the field', async (t) => {
  const service = await sessionService(t);
  for (const [request, field] of [
    [{ start_ledger: 0 }, 'start_ledger'],
    [{ start_ledger: 9, end_ledger: 8 }, 'end_ledger'],
    [{ start_ledger: 9, batch_size: 1_000_001 }, 'batch_size'],
    [{ start_ledger: 9, columns: ['no_such'] }, 'columns'],
    [{ start_ledger: 9, filters: { min_balance: '1.5' } }, 'min_balance'],
    [{ start_ledger: 9, filters: { key_types: ['x'] } }, 'key_types'],
    [{ start_ledger: 9, known_assets: ['USDC'] }, 'known_assets'],
  ] as const) {
    await assert.rejects(service.control('StartProcessing', request), {
      code: status.INVALID_ARGUMENT,
      details: new RegExp(`^REQUEST_INVALID: .*${field}`),
    });
  }
  assert.deepEqual((await service.control('ListSessions')).sessions, []);
});

test('an unknown session is NOT_FOUND, and so is the newest where there is none', async (t) => {
  const service = await sessionService(t);
  for (const session_id of ['', 'no-such']) {
    for (const method of ['StopProcessing', 'GetStatus', 'GetMetrics'] as const) {
      await assert.rejects(service.control(method, { session_id }), { code: status.NOT_FOUND });
    }
  }
});

test('the empty id is the newest session', async (t) => {
  const service = await sessionService(t);
  const older = await service.start({ start_ledger: 5, end_ledger: 6 });
  const newer = await service.start({ start_ledger: 7, end_ledger: 9 });
  assert.equal((await service.status()).session_id, newer);
  assert.equal((await service.status(older)).target_ledger, 6);
  const { sessions } = await service.control('ListSessions');
  assert.deepEqual(
    sessions.map(({ session_id: id, start_ledger: start }) => [id, start]),
    [
      [older, 5],
      [newer, 7],
    ],
  );
});

test('status follows a session from its start to its end', async (t) => {
  const service = await sessionService(t, {}, { faults: { hangAfter: [{ ledger: 20, always: true }] } });
  const begun = unixSeconds();
  const id = await service.start({ start_ledger: 11 });
  const running = await service.reaches(id, 'RUNNING');
  assert.equal(running.reason, 'NONE');
  assert.equal(running.ended_at, null);
  const reading = service.reader.read(ticketOf(id));
  await eventually('the reader is seen', async () => (await service.status(id)).readers === 1);
  await eventually('all is delivered', async () => (await service.status(id)).current_ledger === 20);
  await service.control('StopProcessing', { session_id: id });
  await reading;
  const ended = await service.reaches(id, 'STOPPED');
  assert.equal(ended.readers, 0);
  assert.equal(ended.error_message, '');
  assert.ok(Number(ended.started_at!.seconds) >= begun && Number(ended.ended_at!.seconds) <= unixSeconds());
});

test('counters count each row, byte and batch once, and only what was delivered', async (t) => {
  const service = await sessionService(t);
  const rows = expectedRows(500, 519);
  const contract = String(rows[3]!.contract_id);
  const mine = rows.filter((row) => row.contract_id === contract);
  const bytes = Array.from({ length: 20 }, (_, i) => ledgerBytes(500 + i).length).reduce((sum, size) => sum + size, 0);
  const id = await service.start({ start_ledger: 500, end_ledger: 519, filters: { contract_ids: [contract] } });
  await service.reaches(id, 'STOPPED');
  const unread = await service.control('GetMetrics', { session_id: id });
  assert.equal(unread.contracts_processed, '0');
  assert.equal(unread.processing_rate, 0);
  assert.equal(Number(unread.bytes_processed), bytes);

  const reading = await service.reader.read(ticketOf(id));
  await service.reader.read(ticketOf(id));
  const read = await service.control('GetMetrics', { session_id: id });
  assert.equal(Number(read.contracts_processed), mine.length);
  assert.equal(Number(read.entries_skipped), rows.length - mine.length);
  assert.equal(Number(read.batches_created), reading.batches.filter(({ progress }) => progress.rows > 0).length);
  assert.ok(read.processing_rate > 0 && read.processing_rate <= mine.length);
  assert.ok(Math.abs(Number(read.last_update_time) - unixSeconds()) <= 2);

  const stellar = contractDataClient(t, service.ports.grpc);
  const whole = await stellar('GetStatus');
  assert.equal(Number(whole.contracts_processed), mine.length);
  assert.equal(Number(whole.records_streamed), 2 * mine.length);
  assert.equal(Number(whole.bytes_processed), bytes);
  assert.equal(whole.current_ledger, 519);
});

test('the service’s status counts range streams and sessions together', async (t) => {
  const service = await sessionService(t);
  const stellar = contractDataClient(t, service.ports.grpc);
  const id = await service.start({ start_ledger: 30, end_ledger: 34 });
  await service.reader.read(ticketOf(id));
  await service.reader.readRange({ start_ledger: 60, end_ledger: 64 });
  const { contracts_processed: rows, records_streamed: streamed, current_ledger: current } = await stellar('GetStatus');
  const expected = expectedRows(30, 34).length + expectedRows(60, 64).length;
  assert.deepEqual([Number(rows), Number(streamed), current], [expected, expected, 64]);
});

test('the service says what it is, where its flights are, and how it is', async (t) => {
  const service = await sessionService(t, { ADVERTISE_HOST: 'data.example.org' });
  const stellar = contractDataClient(t, service.ports.grpc);
  const info = await stellar('GetServiceInfo');
  assert.equal(info.name, 'contract-data-processor');
  assert.equal(info.network, 'Test SDF Network ; September 2015');
  assert.equal(info.arrow_flight_endpoint, `data.example.org:${service.ports.flight}`);
  assert.ok(info.supported_features.includes('sessions'));
  assert.ok(Math.abs(Number(info.started_at.seconds) - unixSeconds()) < 60);
  await eventually('healthy', async () => (await stellar('GetStatus')).is_healthy);
});

test('metrics say how many sessions there are, and how far the slowest stream is', async (t) => {
  const service = await sessionService(t, {}, { faults: { hangAfter: [{ ledger: 20, always: true }] } });
  const id = await service.start({ start_ledger: 11 });
  const reader = service.reader.read(ticketOf(id), ({ progress }) => progress.end !== 'stopped');
  await eventually('delivered', async () => (await service.status(id)).current_ledger === 20);
  const during = await service.metrics();
  assert.equal(during.get('contract_data_active_sessions'), 1);
  assert.equal(during.get('contract_data_open_streams{kind="session"}'), 1);
  assert.equal(during.get('contract_data_open_streams{kind="range"}'), 0);
  assert.equal(during.get('contract_data_watermark_ledger'), 20);
  assert.equal(during.get('contract_data_current_ledger'), 20);
  await service.control('StopProcessing');
  await reader;
  await pause(20);
  const after = await service.metrics();
  assert.equal(after.get('contract_data_active_sessions'), 0);
  assert.equal(after.get('contract_data_open_streams{kind="session"}'), 0);
  assert.equal(after.get('contract_data_watermark_ledger'), 0);
  assert.equal(after.get('contract_data_current_ledger'), 20);
});

test('gRPC health on the control port knows both services', async (t) => {
  const service = await sessionService(t);
  const { grpc } = loadPackageDefinition(loadSync(protoPath, { enums: String })) as unknown as {
    grpc: { health: { v1: { Health: ServiceClientConstructor } } };
  };
  const client = new grpc.health.v1.Health(`127.0.0.1:${service.ports.grpc}`, credentials.createInsecure());
  t.after(() => client.close());
  const check = (name: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      (
        client as unknown as { check(request: object, done: (error: Error | null, reply: unknown) => void): void }
      ).check({ service: name }, (error, reply) => (error === null ? resolve(reply) : reject(error)));
    });
  await eventually('ready', async () => (await service.probe('/ready')).status === 200);
  for (const name of ['contractdata.v1.ControlService', 'stellar.v1.ContractDataService']) {
    assert.deepEqual(await check(name), { status: 'SERVING' });
  }
});
