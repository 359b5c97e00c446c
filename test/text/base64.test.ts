import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { base64Length, writeBase64 } from '../../workers/text/base64.js';

const UNTOUCHED = 0x2e;

describe('writeBase64', () => {
  test('writes what Buffer writes, for each length around the switch to its encoder, and nothing beside it', () => {
    for (let length = 0; length <= 400; length += 1) {
      const source = Buffer.from(Array.from({ length: length + 9 }, (_, i) => (i * 151 + length * 7) & 0xff));
      assertWrites(source, 5, 5 + length, 4 * (length % 11));
    }
  });

  test('writes what Buffer writes, for any bytes at any place', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        fc.nat(500),
        fc.nat(500),
        fc.nat(10),
        (bytes, one, other, word) => {
          const start = Math.min(one, other, bytes.length);
          const end = Math.min(Math.max(one, other), bytes.length);
          assertWrites(Buffer.from(bytes), start, end, 4 * word);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

function assertWrites(source: Buffer, start: number, end: number, at: number): void {
  const expected = source.subarray(start, end).toString('base64');
  const data = Buffer.alloc(at + expected.length + 8, UNTOUCHED);
  const words = new Int32Array(data.buffer, data.byteOffset, data.length / 4);
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  assert.equal(base64Length(end - start), expected.length);
  assert.equal(writeBase64({ bytes: source, view }, start, end, { data, words }, at), expected.length);
  assert.equal(data.toString('latin1'), `${'.'.repeat(at)}${expected}........`);
}
