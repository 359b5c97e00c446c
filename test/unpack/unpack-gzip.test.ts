import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ProcessorError, type ErrorCode } from '../../workers/errors.js';
import { unpack } from '../../workers/unpack/unpack.js';

const LIMITS = { maxBytes: 1024 * 1024 };

function assertFails(bytes: Uint8Array, code: ErrorCode, message: RegExp, limits = LIMITS): void {
  assert.throws(
    () => unpack(bytes, limits),
    (error) => error instanceof ProcessorError && error.code === code && message.test(error.message),
  );
}

describe('gzip data', () => {
  test('of any number of members unpacks to their content in order, in a buffer of exactly its size', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 4 }), (contents) => {
        const unpacked = unpack(Buffer.concat(contents.map((content) => gzipSync(content))), LIMITS);
        assert.equal(Buffer.compare(unpacked, Buffer.concat(contents)), 0);
        assert.equal(unpacked.buffer.byteLength, unpacked.byteLength);
      }),
    );
  });

  test('cut off at any byte is refused', () => {
    const bytes = gzipSync('a ledger, a ledger, a ledger');
    for (let length = 2; length < bytes.length; length += 1) {
      assertFails(bytes.subarray(0, length), 'UNPACK_FAILED', /^gzip data: unexpected end of file$/);
    }
  });

  test('with a wrong checksum is refused', () => {
    const bytes = gzipSync('ledger');
    bytes[bytes.length - 8]! ^= 1;
    assertFails(bytes, 'UNPACK_FAILED', /^gzip data: incorrect data check$/);
  });

  test('with bytes behind the last member is refused, also where zlib would take them for padding', () => {
    const bytes = gzipSync('ledger');
    assertFails(Buffer.concat([bytes, Buffer.from('rubbish')]), 'UNPACK_FAILED', /^gzip data: incorrect header check$/);
    const hidden = Buffer.concat([bytes, Buffer.alloc(2), bytes]);
    const message = new RegExp(
      `^gzip data, byte ${bytes.length}: ${bytes.length + 2} bytes left over behind the last member$`,
    );
    assertFails(hidden, 'UNPACK_FAILED', message);
  });

  test('above the bound by one byte is refused, at the bound it unpacks', () => {
    const bytes = gzipSync(Buffer.alloc(100_000));
    assert.equal(unpack(bytes, { maxBytes: 100_000 }).length, 100_000);
    assertFails(bytes, 'UNPACK_LIMIT', /^gzip data: content of at most 99999 bytes expected, more found$/, {
      maxBytes: 99_999,
    });
  });

  test('of no content unpacks to no bytes', () => {
    assert.equal(unpack(gzipSync(''), LIMITS).length, 0);
    assert.equal(unpack(gzipSync(''), { maxBytes: 1 }).length, 0);
  });
});
