import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from '../../src/source/backoff.js';

test('waits double from attempt to attempt, up to the longest', () => {
  const waits = [0, 1, 2, 3, 4, 1000].map((failures) => backoffMs(failures, { firstMs: 100, maxMs: 1000 }, () => 1));
  assert.deepEqual(waits, [100, 200, 400, 800, 1000, 1000]);
});

test('a wait is spread over its upper half', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (failures, random) => {
        const options = { firstMs: 100, maxMs: 5_000 };
        const most = backoffMs(failures, options, () => 1);
        const wait = backoffMs(failures, options, () => random);
        assert.ok(wait >= most / 2 && wait <= most);
      },
    ),
  );
});
