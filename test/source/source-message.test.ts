import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MethodDefinition } from '@grpc/proto-loader';
import fc from 'fast-check';
import { loadProto } from '../../src/grpc/load-proto.js';
import { decodeRawLedger, decodeRawLedgerChunk } from '../../src/source/source-message.js';

type Methods = Record<string, MethodDefinition<object, Record<string, unknown>>>;

const raw = loadProto('raw_ledger_service/raw_ledger_service.proto')['raw_ledger_service.RawLedgerService'] as Methods;
const v1 = loadProto('stellar/v1/raw_ledger_service.proto')['stellar.v1.RawLedgerService'] as Methods;

const uint32 = fc.nat({ max: 0xffff_ffff });
const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 20_000, maxLength: 20_001 }));

/** protobufjs's writer, through proto-loader. */
function encode(methods: Methods, method: string, message: object): Buffer {
  return methods[method]!.responseSerialize(message as Record<string, unknown>);
}

/** Fields 90 to 93 of every wire type but groups, which no version of the messages has. */
const unknownFields = fc.subarray([
  Buffer.from([0xd0, 0x05, 0xff, 0xff, 0xff, 0xff, 0x0f]),
  Buffer.from([0xd9, 0x05, 1, 2, 3, 4, 5, 6, 7, 8]),
  Buffer.from([0xe2, 0x05, 3, 9, 9, 9]),
  Buffer.from([0xed, 0x05, 1, 2, 3, 4]),
]);

test('a RawLedger of either package is read as protobufjs reads it', () => {
  fc.assert(
    fc.property(uint32, bytes, fc.string(), fc.integer({ min: 0, max: 2 ** 50 }), unknownFields, (...values) => {
      const [sequence, xdr, network, closedAt, unknown] = values;
      const message = { sequence, ledger_close_meta_xdr: xdr, network, closed_at: String(closedAt) };
      const wire = Buffer.concat([...unknown, encode(v1, 'StreamRawLedgers', message), ...unknown]);
      const ours = decodeRawLedger(wire);
      const theirs = v1.StreamRawLedgers!.responseDeserialize(wire);
      assert.equal(ours.first, theirs.sequence);
      assert.equal(ours.last, theirs.sequence);
      assert.ok(Buffer.from(ours.bytes).equals(theirs.ledger_close_meta_xdr as Buffer));
      assert.equal(String(ours.closedAt ?? 0), theirs.closed_at);

      const older = encode(raw, 'StreamRawLedgers', { sequence, ledger_close_meta_xdr: xdr });
      assert.deepEqual(
        { ...decodeRawLedger(older), bytes: Buffer.from(xdr) },
        {
          form: 'ledger',
          first: sequence,
          last: sequence,
          bytes: Buffer.from(xdr),
          networkPassphrase: undefined,
          closedAt: undefined,
        },
      );
    }),
  );
});

test('a RawLedgerChunk is read as protobufjs reads it', () => {
  fc.assert(
    fc.property(uint32, uint32, bytes, fc.string(), fc.nat({ max: 1 }), unknownFields, (...values) => {
      const [first, last, xdr, passphrase, compression, unknown] = values;
      const message = {
        start_sequence: first,
        end_sequence: last,
        compression,
        ledger_close_meta_batch_xdr: xdr,
        network_passphrase: passphrase,
      };
      const wire = Buffer.concat([...unknown, encode(raw, 'StreamRawLedgerChunks', message), ...unknown]);
      const ours = decodeRawLedgerChunk(wire);
      const theirs = raw.StreamRawLedgerChunks!.responseDeserialize(wire);
      assert.equal(ours.first, theirs.start_sequence);
      assert.equal(ours.last, theirs.end_sequence);
      assert.ok(Buffer.from(ours.bytes).equals(theirs.ledger_close_meta_batch_xdr as Buffer));
      assert.equal(ours.networkPassphrase ?? '', theirs.network_passphrase);
    }),
  );
});

test('the ledger is a view of the message, not a copy', () => {
  const wire = encode(raw, 'StreamRawLedgers', { sequence: 7, ledger_close_meta_xdr: Buffer.alloc(10_000, 1) });
  const { bytes: view } = decodeRawLedger(wire);
  assert.equal(view.buffer, wire.buffer);
});

test('a message that is cut off anywhere, or is noise, throws a RangeError or is a shorter message', () => {
  const wire = encode(raw, 'StreamRawLedgerChunks', {
    start_sequence: 300,
    end_sequence: 301,
    compression: 1,
    ledger_close_meta_batch_xdr: Buffer.alloc(200, 1),
    network_passphrase: 'Test SDF Network ; September 2015',
  });
  // The first byte of each field: cut there, what is left is a message.
  const boundaries = [0, 3, 6, 8, 211];
  for (let length = 0; length < wire.length; length += 1) {
    const cut = wire.subarray(0, length);
    if (boundaries.includes(length)) decodeRawLedgerChunk(cut);
    else assert.throws(() => decodeRawLedgerChunk(cut), RangeError);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
      try {
        decodeRawLedger(Buffer.from(noise));
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
    }),
    { numRuns: 2_000 },
  );
});
