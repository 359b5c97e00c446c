import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProcessorError } from '../../workers/errors.js';
import * as messages from '../../src/flight/messages.js';
import { build, bytesOf, command, decode, encode } from './google-protobuf.js';

const SCHEMA = Buffer.alloc(16, 3);
/** FF FF FF FF, length 16, schema. */
const ENCAPSULATED = Buffer.concat([Buffer.from('ffffffff10000000', 'hex'), SCHEMA]);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function endpoint(fields: Record<string, unknown>): unknown {
  return build('FlightEndpoint', { Ticket: build('Ticket', { Ticket: Buffer.from('t') }), ...fields });
}

test('descriptors are read as PATH or CMD', () => {
  const path = messages.decodeDescriptor(encode('FlightDescriptor', { Type: 1, PathList: ['contract', 'data', 'ž'] }));
  assert.deepEqual(path.kind === 'path' && path.path, ['contract', 'data', 'ž']);
  const cmd = messages.decodeDescriptor(command('{"start_ledger":1}'));
  assert.equal(cmd.kind === 'command' && Buffer.from(cmd.command).toString(), '{"start_ledger":1}');
});

test('a descriptor without a known type is an invalid request', () => {
  for (const Type of [0, 3, 77]) {
    assert.throws(() => messages.decodeDescriptor(encode('FlightDescriptor', { Type, Cmd: Buffer.from('x') })), {
      code: 'REQUEST_INVALID',
    });
  }
});

test('FlightInfo carries everything, and the descriptor byte for byte', () => {
  // Fields out of order, an unknown field 15, and a default written out: legal, and changed by a decode and encode.
  const odd = Buffer.from('1203616263' + '0802' + '7a0155' + '1a00', 'hex');
  const encoded = messages.encodeFlightInfo({
    schema: SCHEMA,
    descriptor: messages.decodeDescriptor(odd),
    endpoints: [
      { ticket: Buffer.from('a'), locations: ['grpc://x:1', 'arrow-flight-reuse-connection://?'] },
      { ticket: Buffer.from('b'), expirationTime: new Date(-1), appMetadata: Buffer.from('m') },
    ],
    totalRecords: 9_007_199_254_740_993n,
    ordered: true,
    appMetadata: Buffer.from('info'),
  });
  assert.ok(encoded.includes(Buffer.concat([Buffer.from([0x12, odd.length]), odd])));
  assert.ok(bytesOf('FlightInfo', 'Schema', encoded).equals(ENCAPSULATED));
  // google-protobuf reads int64 into doubles: exact digits are looked for in the bytes (tag 20, varint).
  assert.ok(encoded.includes(Buffer.from('2081808080808080' + '10', 'hex')));
  assert.deepEqual(
    { ...decode('FlightInfo', encoded), totalRecords: 0 },
    {
      schema: ENCAPSULATED.toString('base64'),
      flightDescriptor: { type: 2, cmd: base64('abc'), pathList: [''] },
      endpointList: [
        {
          ticket: { ticket: base64('a') },
          locationList: [{ uri: 'grpc://x:1' }, { uri: 'arrow-flight-reuse-connection://?' }],
          expirationTime: undefined,
          appMetadata: '',
        },
        {
          ticket: { ticket: base64('b') },
          locationList: [],
          expirationTime: { seconds: -1, nanos: 999_000_000 },
          appMetadata: base64('m'),
        },
      ],
      totalRecords: 0,
      totalBytes: -1,
      ordered: true,
      appMetadata: base64('info'),
    },
  );
});

test('unknown totals are -1, an unordered flight and absent metadata leave no trace', () => {
  const encoded = messages.encodeFlightInfo({
    schema: SCHEMA,
    descriptor: { kind: 'path', path: ['p'] },
    endpoints: [],
  });
  const theirs = encode('FlightInfo', {
    Schema: ENCAPSULATED,
    TotalRecords: -1,
    TotalBytes: -1,
    FlightDescriptor: build('FlightDescriptor', { Type: 1, PathList: ['p'] }),
  });
  assert.deepEqual(decode('FlightInfo', encoded), decode('FlightInfo', theirs));
  assert.equal(encoded.length, theirs.length);
});

test('PollInfo tells a finished flight from one to be polled again', () => {
  const info = { schema: SCHEMA, descriptor: { kind: 'path', path: ['p'] } as const, endpoints: [] };
  const done = decode('PollInfo', messages.encodePollInfo({ info, progress: 1 }));
  assert.equal(done.flightDescriptor, undefined);
  assert.equal(done.progress, 1);
  assert.equal(done.expirationTime, undefined);
  assert.deepEqual(done.info, decode('FlightInfo', messages.encodeFlightInfo(info)));
  const next = { kind: 'command', command: Buffer.from('poll') } as const;
  const running = messages.encodePollInfo({ info, next, progress: 0, expirationTime: new Date(1500) });
  assert.deepEqual(decode('PollInfo', running).flightDescriptor, { type: 2, cmd: base64('poll'), pathList: [] });
  assert.equal(decode('PollInfo', running).progress, 0);
  assert.deepEqual(decode('PollInfo', running).expirationTime, { seconds: 1, nanos: 500_000_000 });
});

test('the bodies of CancelFlightInfo and RenewFlightEndpoint are read as others write them', () => {
  const info = build('FlightInfo', { AppMetadata: Buffer.from('id'), EndpointList: [endpoint({})] });
  const cancel = messages.decodeCancelFlightInfoRequest(encode('CancelFlightInfoRequest', { Info: info }));
  assert.equal(Buffer.from(cancel.appMetadata!).toString(), 'id');
  assert.deepEqual(
    cancel.endpoints.map(({ ticket }) => Buffer.from(ticket).toString()),
    ['t'],
  );

  const renewal = encode('RenewFlightEndpointRequest', { Endpoint: endpoint({ AppMetadata: Buffer.from('m') }) });
  const renewed = messages.decodeRenewFlightEndpointRequest(renewal);
  assert.equal(Buffer.from(renewed.ticket).toString(), 't');
  assert.equal(renewed.expirationTime, undefined);
  const answer = messages.encodeEndpoint({ ...renewed, expirationTime: new Date(86_400_000) });
  assert.deepEqual(decode('FlightEndpoint', answer), {
    ticket: { ticket: base64('t') },
    locationList: [],
    expirationTime: { seconds: 86_400, nanos: 0 },
    appMetadata: base64('m'),
  });
  assert.deepEqual(decode('CancelFlightInfoResult', messages.encodeCancelFlightInfoResult('NOT_CANCELLABLE')), {
    status: 3,
  });
});

test('bodies that lack what they are about are invalid requests', () => {
  assert.throws(() => messages.decodeCancelFlightInfoRequest(new Uint8Array(0)), { code: 'REQUEST_INVALID' });
  assert.throws(() => messages.decodeRenewFlightEndpointRequest(new Uint8Array(0)), { code: 'REQUEST_INVALID' });
});

test('arbitrary bytes are a message or an invalid request, never another error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const decodeOne of [messages.decodeDescriptor, messages.decodeTicket, messages.decodeAction]) {
        try {
          decodeOne(bytes);
        } catch (error) {
          assert.ok(error instanceof ProcessorError && error.code === 'REQUEST_INVALID');
        }
      }
    }),
    { numRuns: 2000 },
  );
});
