import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeHex } from '../../workers/text/hex.js';

test('writeHex writes what Buffer writes, for any bytes at any place, and nothing beside it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), fc.nat(80), fc.nat(20), (bytes, one, other, at) => {
      const source = Buffer.from(bytes);
      const start = Math.min(one, other, source.length);
      const end = Math.min(Math.max(one, other), source.length);
      const expected = source.subarray(start, end).toString('hex');
      const target = Buffer.alloc(at + expected.length + 4, '.');
      assert.equal(writeHex(source, start, end, target, at), expected.length);
      assert.equal(target.toString('latin1'), `${'.'.repeat(at)}${expected}....`);
    }),
    { numRuns: 1000 },
  );
});

test('writeHex knows each byte', () => {
  const source = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const target = Buffer.alloc(512);
  writeHex(source, 0, 256, target, 0);
  assert.equal(target.toString('latin1'), source.toString('hex'));
});
