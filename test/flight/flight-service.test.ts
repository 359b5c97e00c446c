import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import type { FlightAuth } from '../../src/flight/flight-auth.js';
import { FlightRefusal } from '../../src/flight/status.js';
import { sampleMessages } from './arrow-messages.js';
import { eventually, type RunningFlight, serveFlight } from './flight-server.js';
import { bytesOf, command, decode, encode, ticket } from './google-protobuf.js';
import { rawCall, type RawReply } from './raw-reader.js';
import { basicProtoAuth, CallerProducer, echoMiddleware, ScenarioProducer } from './scenario-producer.js';
import { flightOf, TestProducer } from './test-producer.js';

const { schema, batches } = sampleMessages();
const producer = new TestProducer({ sample: flightOf(schema, batches), other: flightOf(schema, []) });

let flight: RunningFlight;
before(async () => (flight = await serveFlight(producer)));
after(() => flight.close());

const call = (method: string, request: Uint8Array): Promise<RawReply> => rawCall(flight.port, method, request).read();

test('GetFlightInfo answers the schema that DoGet sends, one endpoint here, and the descriptor byte for byte', async () => {
  const odd = Buffer.from('120673616d706c65' + '0802', 'hex');
  const { messages, status } = await call('GetFlightInfo', odd);
  assert.equal(status, 0);
  assert.ok(messages[0]!.includes(Buffer.concat([Buffer.from([0x12, odd.length]), odd])));
  const prefix = Buffer.from('ffffffff00000000', 'hex');
  prefix.writeInt32LE(schema.byteLength, 4);
  assert.deepEqual(bytesOf('FlightInfo', 'Schema', messages[0]!), Buffer.concat([prefix, schema]));
  const { endpointList, totalRecords, totalBytes } = decode('FlightInfo', messages[0]!);
  assert.deepEqual({ totalRecords, totalBytes }, { totalRecords: -1, totalBytes: -1 });
  const sample = Buffer.from('sample').toString('base64');
  assert.deepEqual(endpointList, [
    { ticket: { ticket: sample }, locationList: [], expirationTime: undefined, appMetadata: '' },
  ]);

  const read = await call('DoGet', ticket('sample'));
  assert.deepEqual(bytesOf('FlightData', 'DataHeader', read.messages[0]!), Buffer.from(schema));
  const got = await call('GetSchema', odd);
  assert.deepEqual(bytesOf('SchemaResult', 'Schema', got.messages[0]!), Buffer.concat([prefix, schema]));
});

test('PollFlightInfo of a producer that has none is complete at once', async () => {
  const { messages } = await call('PollFlightInfo', command('sample'));
  const { info, flightDescriptor, progress } = decode('PollInfo', messages[0]!);
  const plain = await call('GetFlightInfo', command('sample'));
  assert.deepEqual(info, decode('FlightInfo', plain.messages[0]!));
  assert.deepEqual({ flightDescriptor, progress }, { flightDescriptor: undefined, progress: 1 });
});

test('ListFlights passes the criteria on', async () => {
  const paths = async (expression: string): Promise<unknown[]> => {
    const { messages } = await call('ListFlights', encode('Criteria', { Expression: Buffer.from(expression) }));
    return messages.map((message) => decode('FlightInfo', message).flightDescriptor);
  };
  assert.equal((await paths('')).length, 2);
  assert.deepEqual(await paths('oth'), [{ type: 1, cmd: '', pathList: ['other'] }]);
});

test('actions answer in order; an unknown one is UNIMPLEMENTED', async () => {
  const act = (Type: string): Promise<RawReply> =>
    call('DoAction', encode('Action', { Type, Body: Buffer.from('body') }));
  const { messages, status } = await act('twice');
  assert.equal(status, 0);
  assert.deepEqual(
    messages.map((message) => bytesOf('Result', 'Body', message).toString()),
    ['body', 'body'],
  );
  const unknown = await act('CloseSession');
  assert.equal(unknown.status, 12);
  assert.equal(unknown.text, 'UNIMPLEMENTED: unknown action "CloseSession"; ListActions names those there are');
});

test('a flight nobody has is NOT_FOUND, a descriptor of no type INVALID_ARGUMENT', async () => {
  assert.equal((await call('GetFlightInfo', command('nowhere'))).status, 5);
  for (const method of ['GetFlightInfo', 'GetSchema', 'PollFlightInfo']) {
    assert.equal((await call(method, new Uint8Array(0))).status, 3);
    const { status, text } = await call(method, Buffer.from('ffff', 'hex'));
    assert.equal(status, 3);
    assert.match(text, /^REQUEST_INVALID: FlightDescriptor expected/);
  }
});

test('uploads and, without authentication, Handshake are UNIMPLEMENTED at once', async () => {
  for (const method of ['DoPut', 'DoExchange', 'Handshake']) {
    const { status, text, messages } = await call(method, Buffer.alloc(0));
    assert.equal(status, 12);
    assert.match(text, /^UNIMPLEMENTED: /);
    assert.deepEqual(messages, []);
  }
});

test('what a call was is told once it ends, with its status', async () => {
  const { observer } = flight;
  await call('GetFlightInfo', command('nowhere'));
  await eventually(() => observer.ended.length === observer.started.length, 'all have ended');
  const { method, status, messages, bytes } = observer.ended.at(-1)!;
  assert.deepEqual({ method, status, messages, bytes }, { method: 'GetFlightInfo', status: 5, messages: 0, bytes: 0 });
  const answer = await call('GetFlightInfo', command('sample'));
  await eventually(() => observer.ended.at(-1)!.status === 0, 'it has ended');
  assert.equal(observer.ended.at(-1)!.bytes, answer.messages[0]!.length);
  assert.equal(observer.queuedMessages, 0);
});

const bearer: FlightAuth = {
  authenticate: ({ headers }) => {
    if (headers.get('authorization')[0] !== 'Bearer t') throw new FlightRefusal('UNAUTHENTICATED', 'no token');
  },
  handshake: (payload) => {
    const headers = new Metadata();
    headers.set('authorization', 'Bearer t');
    return payload.length ? { payload } : { headers };
  },
};

test('with authentication every call needs it, and Handshake answers in headers or payload', async () => {
  const guarded = await serveFlight(producer, { auth: bearer });
  const requests = { GetFlightInfo: command('sample'), DoGet: ticket('sample'), ListActions: Buffer.alloc(0) };
  for (const [method, request] of Object.entries(requests)) {
    assert.equal((await rawCall(guarded.port, method, request).read()).status, 16);
    const passed = await rawCall(guarded.port, method, request, { authorization: 'Bearer t' }).read();
    assert.equal(passed.status, 0);
  }
  const byHeaders = rawCall(guarded.port, 'Handshake', encode('HandshakeRequest'));
  const reply = byHeaders.read();
  assert.equal((await byHeaders.headers).authorization, 'Bearer t');
  assert.deepEqual((await reply).messages, []);
  const payload = encode('HandshakeRequest', { Payload: Buffer.from('me') });
  const byPayload = await rawCall(guarded.port, 'Handshake', payload).read();
  assert.deepEqual(bytesOf('HandshakeResponse', 'Payload', byPayload.messages[0]!), Buffer.from('me'));
  guarded.close();
});

test('the integration scenarios answer as their protocol asks', async () => {
  const scenarios = await serveFlight(new ScenarioProducer(), { interceptors: [echoMiddleware] });
  const ask = (method: string, text: string): ReturnType<typeof rawCall> =>
    rawCall(scenarios.port, method, command(text), { 'x-middleware': 'expected value' });
  // middleware: the header comes back from a call that fails and from one that does not
  for (const [text, status] of [
    ['', 3],
    ['success', 0],
  ] as const) {
    const asked = ask('GetFlightInfo', text);
    const reply = asked.read();
    assert.equal((await asked.headers)['x-middleware'], 'expected value');
    assert.equal((await reply).status, status);
  }
  // ordered
  const ordered = decode('FlightInfo', (await ask('GetFlightInfo', 'ordered').read()).messages[0]!);
  assert.equal(ordered.ordered, true);
  assert.equal((ordered.endpointList as unknown[]).length, 3);
  // poll_flight_info
  const heavy = decode('PollInfo', (await ask('PollFlightInfo', 'heavy query').read()).messages[0]!);
  assert.deepEqual(heavy.flightDescriptor, { type: 2, cmd: Buffer.from('poll').toString('base64'), pathList: [] });
  assert.equal(heavy.progress, 0.1);
  // expiration_time:cancel_flight_info
  const info = (await ask('GetFlightInfo', 'expiration_time').read()).messages[0]!;
  const cancel = Buffer.concat([Buffer.from([0x0a]), varint(info.length), info]);
  const action = encode('Action', { Type: 'CancelFlightInfo', Body: cancel });
  const { messages } = await rawCall(scenarios.port, 'DoAction', action).read();
  assert.deepEqual(decode('CancelFlightInfoResult', bytesOf('Result', 'Body', messages[0]!)), { status: 1 });
  assert.equal((await rawCall(scenarios.port, 'DoGet', ticket('1: 5 seconds')).read()).status, 3);
  scenarios.close();
});

test('basic authentication by payload: a user is known to the actions', async () => {
  const guarded = await serveFlight(new CallerProducer(), { auth: basicProtoAuth });
  const action = encode('Action');
  assert.equal((await rawCall(guarded.port, 'DoAction', action).read()).status, 16);
  const login = encode('HandshakeRequest', { Payload: encode('BasicAuth', { Username: 'arrow', Password: 'flight' }) });
  const [token] = (await rawCall(guarded.port, 'Handshake', login).read()).messages;
  const header = bytesOf('HandshakeResponse', 'Payload', token!).toString('base64');
  const { messages } = await rawCall(guarded.port, 'DoAction', action, { 'auth-token-bin': header }).read();
  assert.equal(bytesOf('Result', 'Body', messages[0]!).toString(), 'arrow');
  guarded.close();
});

/** A length below 2^14. */
function varint(length: number): Buffer {
  return length < 128 ? Buffer.from([length]) : Buffer.from([(length & 0x7f) | 0x80, length >> 7]);
}
