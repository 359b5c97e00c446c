import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { alignedRanges } from '../../src/backfill/aligned-ranges.js';

test('ranges hold each ledger of the request once, in order, and end only at multiples of their length', () => {
  const ledgers = fc.tuple(
    fc.integer({ min: 1, max: 2 ** 32 - 5000 }),
    fc.nat(4000),
    fc.integer({ min: 1, max: 5000 }),
  );
  fc.assert(
    fc.property(ledgers, ([start, more, length]) => {
      const ranges = alignedRanges(start, start + more, length);
      assert.equal(ranges[0]!.startLedger, start);
      assert.equal(ranges.at(-1)!.endLedger, start + more);
      for (const [i, { startLedger, endLedger }] of ranges.entries()) {
        assert.ok(endLedger >= startLedger && endLedger - startLedger < length);
        if (i === 0) continue;
        assert.equal(startLedger, ranges[i - 1]!.endLedger + 1);
        assert.equal(startLedger % length, 0);
      }
    }),
  );
});

test('a range is the same whatever request it is part of', () => {
  assert.deepEqual(alignedRanges(1, 20_000, 6400), [
    { startLedger: 1, endLedger: 6399 },
    { startLedger: 6400, endLedger: 12_799 },
    { startLedger: 12_800, endLedger: 19_199 },
    { startLedger: 19_200, endLedger: 20_000 },
  ]);
  assert.deepEqual(alignedRanges(6400, 12_799, 6400), [{ startLedger: 6400, endLedger: 12_799 }]);
});
