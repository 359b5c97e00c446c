import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HashSet } from '../../workers/rows/hash-set.js';

// Few bytes differ, and often not the first ones, so that ids share their first word.
const hash = fc
  .array(fc.tuple(fc.constantFrom(0, 3, 4, 17, 31), fc.constantFrom(1, 0x80, 0xff)), { maxLength: 3 })
  .map((edits) => {
    const bytes = Buffer.alloc(32);
    for (const [at, value] of edits) bytes[at] = value;
    return bytes;
  });

test('a set of hashes has its members and nothing else, at any place', () => {
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 8 }), hash, fc.nat(5), (members, candidate, before) => {
      const bytes = Buffer.concat([Buffer.alloc(before, 7), candidate, Buffer.alloc(3, 7)]);
      const isMember = members.some((member) => member.equals(candidate));
      assert.equal(new HashSet(members).has(bytes, before), isMember);
    }),
    { numRuns: 1000 },
  );
});
