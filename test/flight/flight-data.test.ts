import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { flightDataFrame, flightDataLength, MAX_MESSAGE_BYTES } from '../../src/flight/flight-data.js';
import type { FlightMessage } from '../../src/flight/flight-producer.js';
import { encode } from './google-protobuf.js';

const padded = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length - (bytes.length % 8));
const metadata = fc.uint8Array({ minLength: 8, maxLength: 400 }).map(padded);
// Around the lengths where a varint takes one byte more.
const lengths = fc.oneof(
  fc.nat(300),
  fc.integer({ min: 16_370, max: 16_400 }),
  fc.integer({ min: 2_097_140, max: 2_097_160 }),
);
const body = lengths.map((length) => Buffer.alloc(length, 7));

/** As grpc-js does it: room for a prefix of 5 bytes, and the message behind. */
function encodeFlightData(message: FlightMessage): Buffer {
  const frame = flightDataFrame(message);
  const room = Buffer.alloc(5 + frame.byteLength);
  frame.copy(room, 5);
  return room.subarray(5);
}

test('FlightData is byte for byte what another protobuf runtime writes', () => {
  fc.assert(
    fc.property(metadata, body, fc.option(fc.uint8Array({ minLength: 1, maxLength: 200 })), (header, data, app) => {
      const ours = encodeFlightData({ metadata: header, body: data, ...(app && { appMetadata: app }) });
      const theirs = encode('FlightData', { DataHeader: header, DataBody: data, ...(app && { AppMetadata: app }) });
      assert.ok(ours.equals(theirs));
    }),
    { numRuns: 60 },
  );
});

test('empty application metadata and an empty body are left out, not written empty', () => {
  const header = Buffer.alloc(8, 1);
  const ours = encodeFlightData({ metadata: header, body: new Uint8Array(0), appMetadata: new Uint8Array(0) });
  assert.ok(ours.equals(encode('FlightData', { DataHeader: header })));
  assert.equal(ours.length, 10);
});

test('the length is known before a message is encoded', () => {
  fc.assert(
    fc.property(metadata, body, (header, data) => {
      const theirs = encode('FlightData', { DataHeader: header, DataBody: data });
      assert.equal(flightDataLength({ metadata: header, body: data }), theirs.length);
    }),
    { numRuns: 30 },
  );
});

test('a message without metadata, or with unpadded metadata, is refused', () => {
  for (const length of [0, 1, 12, 20]) {
    assert.throws(
      () => flightDataLength({ metadata: Buffer.alloc(length), body: Buffer.alloc(8) }),
      /padded to 8 bytes/,
    );
  }
});

test('the limit is on the whole encoded message and lies below 4 MiB', () => {
  assert.ok(MAX_MESSAGE_BYTES < 4 * 1024 * 1024);
  const header = Buffer.alloc(8);
  const theirs = (length: number): number =>
    encode('FlightData', { DataHeader: header, DataBody: Buffer.alloc(length) }).length;
  const room = MAX_MESSAGE_BYTES - (theirs(4_000_000) - 4_000_000);
  assert.equal(encodeFlightData({ metadata: header, body: Buffer.alloc(room) }).length, MAX_MESSAGE_BYTES);
  assert.throws(() => encodeFlightData({ metadata: header, body: Buffer.alloc(room + 1) }), /4194304 bytes is above/);
});
