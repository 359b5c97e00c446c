/** TLS, client certificates and tokens on every listener of a running service, over real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { FlightClient } from '@gizmodata/gizmosql-client';
import { Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import { loadServeConfig } from '../../src/config/serve-config.js';
import { exposureWarnings } from '../../src/security/listener-security.js';
import { bytesOf, command, encode } from '../flight/google-protobuf.js';
import { fileCleanup } from '../service/cleanup.js';
import { FlightReader } from '../service/flight-reader.js';
import { eventually, runService, type RunningService } from '../service/running-service.js';
import { simulatedSource } from '../service/simulated-source.js';
import { call, type Caller, FLIGHT_INFO, handshake, HEALTH_CHECK, reflection } from './callers.js';
import { TestAuthority, type TestCertificate } from './certificates.js';
import { secretFiles } from './secret-files.js';

const file = secretFiles(fileCleanup());

const authority = new TestAuthority('our authority');
const stranger = new TestAuthority('another authority');
const NAME = 'processor.example';
const server = authority.issue(NAME);
const client = authority.issue('reader.example');

function tlsEnv(listener: 'FLIGHT' | 'GRPC' | 'HEALTH', clientCa?: TestCertificate): Record<string, string> {
  return {
    [`${listener}_TLS_CERT`]: file(server.cert),
    [`${listener}_TLS_KEY`]: file(server.key),
    ...(clientCa !== undefined && { [`${listener}_TLS_CLIENT_CA`]: file(clientCa.cert) }),
  };
}

async function service(t: TestContext, env: Record<string, string>): Promise<RunningService> {
  return await runService(t, await simulatedSource(t), env);
}

/** Base-128, seven bits a byte, the lowest first (protobuf.dev/programming-guides/encoding). */
const varint = (value: number): Buffer =>
  value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of((value & 127) | 128), varint(value >>> 7)]);

const same = (bytes: Buffer): Buffer => bytes;
const range = command('{"start_ledger":5,"end_ledger":9}');
const flightInfo = async (caller: Caller): Promise<status> => (await call(FLIGHT_INFO, range, caller)).code;
const health = async (caller: Caller): Promise<status> => (await call(HEALTH_CHECK, Buffer.alloc(0), caller)).code;
const controlMethod = (name: string): string => `/contractdata.v1.ControlService/${name}`;
const bearer = (token: string): { readonly authorization: string } => ({ authorization: `Bearer ${token}` });

test('with TLS only clients that trust the certificate get through, and plaintext does not', async (t) => {
  const { ports } = await service(t, { ...tlsEnv('FLIGHT'), ...tlsEnv('GRPC') });
  const trusting = { ca: authority.own.cert, name: NAME };
  assert.equal(await flightInfo({ port: ports.flight, tls: trusting }), status.OK);
  assert.equal(await health({ port: ports.grpc, tls: trusting }), status.OK);
  for (const tls of [undefined, { ca: stranger.own.cert, name: NAME }]) {
    for (const port of [ports.flight, ports.grpc]) {
      const code = await health({ port, ...(tls && { tls }) });
      assert.ok(code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED, status[code]);
    }
  }
});

test('with an authority for clients, only certificates that it signed and that are in force get through', async (t) => {
  const { ports } = await service(t, tlsEnv('FLIGHT', authority.own));
  const as = (own?: TestCertificate): Promise<status> =>
    flightInfo({ port: ports.flight, tls: { ca: authority.own.cert, name: NAME, ...(own && { own }) } });
  assert.equal(await as(client), status.OK);
  const expired = authority.issue('reader.example', { expired: true });
  for (const own of [undefined, stranger.issue('reader.example'), expired]) {
    assert.notEqual(await as(own), status.OK);
  }
});

test('Flight asks each call for a token, but for probes; the other listeners do not because of it', async (t) => {
  const running = await service(t, { FLIGHT_TOKENS: 'old-token,new-token' });
  const { flight, grpc } = running.ports;
  for (const token of ['old-token', 'new-token']) {
    assert.equal(await flightInfo({ port: flight, headers: bearer(token) }), status.OK);
  }
  for (const headers of [{}, bearer('another-token'), { authorization: 'old-token' }, { authorization: '' }]) {
    const { code, text } = await call(FLIGHT_INFO, range, { port: flight, headers });
    assert.equal(code, status.UNAUTHENTICATED);
    assert.match(text, /^UNAUTHENTICATED: a valid token expected/);
  }
  assert.equal(await health({ port: flight }), status.OK);
  assert.equal(await health({ port: grpc }), status.OK);
  assert.equal(await reflection({ port: grpc }), status.OK);
  assert.equal(await reflection({ port: flight }), status.UNAUTHENTICATED);
  assert.equal(await reflection({ port: flight, headers: bearer('old-token') }), status.OK);
  const refused = (await running.metrics()).get(
    'contract_data_rpcs_total{method="GetFlightInfo",code="UNAUTHENTICATED"}',
  );
  assert.equal(refused, 4);
});

test('the control port asks for its own token, but for probes', async (t) => {
  const { ports } = await service(t, { GRPC_TOKENS: 'control-token', FLIGHT_TOKENS: 'reader-token' });
  assert.equal(await health({ port: ports.grpc }), status.OK);
  assert.equal(await reflection({ port: ports.grpc, headers: bearer('control-token') }), status.OK);
  for (const headers of [{}, bearer('reader-token')]) {
    assert.equal(await reflection({ port: ports.grpc, headers }), status.UNAUTHENTICATED);
  }
  assert.equal(await flightInfo({ port: ports.flight, headers: bearer('control-token') }), status.UNAUTHENTICATED);
});

test('every service of the control port asks for the token, and nothing is done without it', async (t) => {
  const { ports } = await service(t, { GRPC_TOKENS: 'control-token' });
  const start = controlMethod('StartProcessing');
  const paths = [
    start,
    controlMethod('ListSessions'),
    '/stellar.v1.ContractDataService/UpdateFilterConfig',
    '/flowctl.v1.ProcessorService/GetInfo',
    '/flowctl.v1.ProcessorService/Process',
  ];
  for (const path of paths) {
    for (const headers of [{}, bearer('another-token')]) {
      // StartProcessingRequest { 1: start_ledger = 5 }
      const { code, text } = await call(path, Buffer.from('0805', 'hex'), { port: ports.grpc, headers });
      assert.deepEqual([code, text], [status.UNAUTHENTICATED, 'UNAUTHENTICATED: a valid token expected'], path);
    }
  }
  const shown = { port: ports.grpc, headers: bearer('control-token') };
  const listed = async (): Promise<number> =>
    (await call(controlMethod('ListSessions'), Buffer.alloc(0), shown)).answer!.length;
  assert.equal(await listed(), 0, 'no session was started');
  assert.equal((await call(start, Buffer.from('0805', 'hex'), shown)).code, status.OK);
  assert.ok((await listed()) > 0);
});

test('the control port bounds what it reads by MAX_REQUEST_SIZE, packed or not, but for flowctl’s events', async (t) => {
  const { ports } = await service(t, { MAX_REQUEST_SIZE: '16KiB' });
  const large = Buffer.concat([Buffer.from('0a', 'hex'), varint(20_000), Buffer.alloc(20_000, 'a')]);
  const paths = [
    controlMethod('GetStatus'),
    controlMethod('StartProcessing'),
    '/stellar.v1.ContractDataService/UpdateFilterConfig',
    '/flowctl.v1.ProcessorService/GetInfo',
    HEALTH_CHECK,
  ];
  for (const path of paths) {
    assert.equal((await call(path, large, { port: ports.grpc })).code, status.RESOURCE_EXHAUSTED, path);
    const packed = await call(path, large, { port: ports.grpc, packs: true });
    assert.equal(packed.code, status.RESOURCE_EXHAUSTED, path);
  }
  assert.equal((await call(controlMethod('ListSessions'), Buffer.alloc(0), { port: ports.grpc })).code, status.OK);
  const event = await call('/flowctl.v1.ProcessorService/Process', large, { port: ports.grpc });
  assert.equal(event.code, status.INVALID_ARGUMENT, 'read, and refused for what it is');
});

test('a Handshake takes the token as password, in a header or a payload, and gives what calls are to show', async (t) => {
  const { ports } = await service(t, { FLIGHT_TOKENS: 'reader-token' });
  const basic = (password: string): { authorization: string } => ({
    authorization: `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}`,
  });
  const byHeader = await handshake(ports.flight, basic('reader-token'));
  assert.deepEqual(byHeader.headers.get('authorization'), ['Bearer reader-token']);

  const login = encode('BasicAuth', { Username: 'anyone', Password: 'reader-token' });
  const byPayload = await handshake(ports.flight, {}, login);
  const shown = bytesOf('HandshakeResponse', 'Payload', byPayload.messages[0]!);
  assert.equal(await flightInfo({ port: ports.flight, headers: { 'auth-token-bin': shown } }), status.OK);

  assert.equal((await handshake(ports.flight, basic('another'))).code, status.UNAUTHENTICATED);
  assert.equal((await handshake(ports.flight, {})).code, status.UNAUTHENTICATED);
  assert.equal((await handshake(ports.flight, {}, Buffer.from('no BasicAuth'))).code, status.UNAUTHENTICATED);
});

test('the health port has TLS, and a token for metrics, while probes stay open', async (t) => {
  const { ports } = await service(t, { ...tlsEnv('HEALTH'), HEALTH_TOKENS: 'scrape-token' });
  const get = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
    const sent = request({
      host: '127.0.0.1',
      port: ports.health,
      path,
      headers,
      ca: authority.own.cert,
      agent: false,
    });
    sent.end();
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    return response.statusCode;
  };
  for (const path of ['/health', '/ready', '/live']) assert.equal(await get(path), 200);
  assert.equal(await get('/metrics'), 401);
  assert.equal(await get('/metrics', bearer('another-token')), 401);
  assert.equal(await get('/metrics', bearer('scrape-token')), 200);
  await assert.rejects(fetch(`http://127.0.0.1:${ports.health}/live`));
});

test('requests above the limit are refused, and so are connections above theirs', async (t) => {
  const { ports } = await service(t, { MAX_REQUEST_SIZE: '16KiB', MAX_CONNECTIONS: '2' });
  const large = command(`{"start_ledger":5,"end_ledger":9${' '.repeat(20_000)}}`);
  assert.equal((await call(FLIGHT_INFO, large, { port: ports.flight })).code, status.RESOURCE_EXHAUSTED);
  assert.equal(await flightInfo({ port: ports.flight }), status.OK);
  for (const port of [ports.flight, ports.grpc, ports.health]) {
    const sockets = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'));
    const closed = await Promise.race(sockets.map(async (socket) => await once(socket, 'close').then(() => true)));
    assert.ok(closed);
    for (const socket of sockets) socket.destroy();
  }
});

test('no secret reaches the log, whoever shows it and whatever goes wrong', async (t) => {
  const running = await service(t, {
    FLIGHT_TOKENS: 'reader-secret',
    SOURCE_TOKEN: 'source-secret',
    LOG_LEVEL: 'trace',
  });
  await flightInfo({ port: running.ports.flight, headers: bearer('reader-secret') });
  await flightInfo({ port: running.ports.flight, headers: bearer('wrong-secret') });
  await handshake(running.ports.flight, { authorization: `Basic ${Buffer.from('a:wrong-secret').toString('base64')}` });
  assert.ok(running.log.length > 0);
  assert.doesNotMatch(JSON.stringify(running.log), /secret/);
});

test('files that cannot be read, or do not go together, are faults of the configuration that name their key', async (t) => {
  const broken: [Record<string, string>, RegExp][] = [
    [{ ...tlsEnv('FLIGHT'), FLIGHT_TLS_CERT: '/nowhere' }, /^FLIGHT_TLS_CERT: cannot be read/],
    [{ ...tlsEnv('GRPC'), GRPC_TLS_KEY: file(client.key) }, /^GRPC_TLS_CERT and GRPC_TLS_KEY: /],
    [{ HEALTH_TOKENS_FILE: file('') }, /^HEALTH_TOKENS_FILE: a token in a line expected/],
    [{ SOURCE_TLS: 'true', SOURCE_TLS_CA: '/nowhere' }, /^SOURCE_TLS_CA: cannot be read/],
  ];
  for (const [env, message] of broken) {
    await assert.rejects(service(t, env), (error: Error) => message.test(error.message));
  }
});

test('who listens on every interface without protection is warned, and no other', () => {
  const warningsOf = (env: Record<string, string>): string[] =>
    exposureWarnings(loadServeConfig({ flags: {}, env }).values);
  assert.equal(warningsOf({}).length, 2);
  assert.match(warningsOf({ GRPC_ADDRESS: '127.0.0.1:1' }).join(), /^FLIGHT_ADDRESS listens on every interface/);
  assert.deepEqual(warningsOf({ GRPC_ADDRESS: '127.0.0.1:1', FLIGHT_ADDRESS: '127.0.0.1:2' }), []);
  const control = { GRPC_ADDRESS: '127.0.0.1:1' };
  const tls = { FLIGHT_TLS_CERT: 'a', FLIGHT_TLS_KEY: 'b' };
  assert.deepEqual(warningsOf({ ...control, ...tls, FLIGHT_TOKENS: 'some-token' }), []);
  assert.deepEqual(warningsOf({ ...control, ...tls, FLIGHT_TLS_CLIENT_CA: 'c' }), []);
  assert.match(warningsOf({ ...control, FLIGHT_TOKENS: 'some-token' }).join(), /clear text/);
  assert.match(warningsOf({ ...control, ...tls }).join(), /without a token or client certificates/);
});

test('GizmoSQL’s client logs in with user and password, and reads on with what it got', async (t) => {
  const { ports } = await service(t, { FLIGHT_TOKENS: 'reader-token' });
  const login = { host: '127.0.0.1', port: ports.flight, plaintext: true, username: 'anyone' };
  const gizmo = new FlightClient({ ...login, password: 'reader-token' });
  const { warn } = console;
  console.warn = () => undefined;
  t.after(() => gizmo.close().finally(() => (console.warn = warn)));
  await gizmo.connect();
  const actions = (await gizmo.listActions()) as { getType(): string }[];
  assert.ok(actions.some((action) => action.getType() === 'CancelFlightInfo'));
  await assert.rejects(new FlightClient({ ...login, password: 'another' }).connect());
});

test('the source is shown the token of a file, and the new one once the file has changed', async (t) => {
  const shown: unknown[] = [];
  const source = new Server();
  const path = '/raw_ledger_service.RawLedgerService/StreamRawLedgerChunks';
  const method = { path, requestStream: false, responseStream: true };
  const codecs = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  source.addService(
    { StreamRawLedgerChunks: { ...method, ...codecs } },
    {
      StreamRawLedgerChunks: (stream: ServerWritableStream<Buffer, Buffer>) => {
        shown.push(stream.metadata.get('authorization')[0]);
        stream.emit('error', { code: status.UNAVAILABLE, details: 'not yet' });
      },
    },
  );
  t.after(() => source.forceShutdown());
  const port = await promisify(source.bindAsync.bind(source))('127.0.0.1:0', ServerCredentials.createInsecure());
  const tokens = file('first-token\n');
  const { ports } = await runService(t, { port }, { SOURCE_TOKEN_FILE: tokens });
  const reader = new FlightReader(t, ports.flight);
  const [ticket] = (await reader.info({ start_ledger: 5, end_ledger: 9 })).tickets;
  void reader.read(ticket!);
  await eventually('the first token is shown', () => shown.includes('Bearer first-token'));
  writeFileSync(tokens, 'second-token\n');
  await eventually('the second token is shown', () => shown.at(-1) === 'Bearer second-token');
  assert.deepEqual(new Set(shown), new Set(['Bearer first-token', 'Bearer second-token']));
});
