import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HEX_HASH_LENGTH, writeHexHash } from '../../workers/text/hex.js';

function assertWrites(source: Buffer, from: number, at: number): void {
  const expected = source.toString('hex', from, from + 32);
  const data = Buffer.alloc(at + expected.length + 8, '.');
  const words = new Int32Array(data.buffer, data.byteOffset, data.length / 4);
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  assert.equal(HEX_HASH_LENGTH, expected.length);
  writeHexHash({ bytes: source, view }, from, { data, words }, at);
  assert.equal(data.toString('latin1'), `${'.'.repeat(at)}${expected}........`);
}

test('writeHexHash writes what Buffer writes, for any bytes at any place, and nothing beside it', () => {
  const bytes = fc.uint8Array({ minLength: 45, maxLength: 45 });
  fc.assert(
    fc.property(bytes, fc.nat(13), fc.nat(5), (source, from, word) =>
      assertWrites(Buffer.from(source), from, 4 * word),
    ),
  );
});

test('writeHexHash knows each byte', () => {
  const source = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  for (let from = 0; from < 256; from += 32) assertWrites(source, from, 0);
});
