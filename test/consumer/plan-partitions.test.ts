import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf, newRanges } from '../../src/consumer/plan-partitions.js';

const stored = (firstLedger: number, endLedger: number | undefined, completeThrough = firstLedger - 1) => {
  return { partition: 0, firstLedger, endLedger, completeThrough };
};
const wanted = (startLedger: number | undefined, endLedger: number, partitions = 1) => {
  return { startLedger, endLedger, partitions };
};

test('a new stream gets the range that is asked for, in parts that begin at multiples of 64', () => {
  assert.deepEqual(newRanges([], wanted(10, 0)), [{ firstLedger: 10, endLedger: undefined }]);
  assert.deepEqual(newRanges([], wanted(10, 200)), [{ firstLedger: 10, endLedger: 200 }]);
  assert.deepEqual(newRanges([], wanted(10, 200, 2)), [
    { firstLedger: 10, endLedger: 127 },
    { firstLedger: 128, endLedger: 200 },
  ]);
});

test('a stream that has its range gets nothing new, and a longer range is added behind it', () => {
  assert.deepEqual(newRanges([stored(10, 200)], wanted(undefined, 200)), []);
  assert.deepEqual(newRanges([stored(10, 200)], wanted(50, 150)), []);
  assert.deepEqual(newRanges([stored(10, 200)], wanted(10, 300)), [{ firstLedger: 201, endLedger: 300 }]);
  assert.deepEqual(newRanges([stored(10, 200)], wanted(undefined, 0)), [{ firstLedger: 201, endLedger: undefined }]);
  assert.deepEqual(newRanges([stored(10, 200), stored(201, undefined)], wanted(undefined, 0)), []);
});

test('a new stream without a first ledger, and one extended before its beginning, are refused', () => {
  assert.throws(() => newRanges([], wanted(undefined, 0)), { code: 'CONFIG_INVALID', message: /^START_LEDGER/ });
  assert.throws(() => newRanges([stored(10, 20)], wanted(9, 20)), { code: 'CONFIG_INVALID', message: /at least 10/ });
});

test('a partition is loaded to its end or to the end asked for, whichever comes first', () => {
  assert.equal(endOf(stored(10, 200), 0), 200);
  assert.equal(endOf(stored(10, 200), 150), 150);
  assert.equal(endOf(stored(10, undefined), 0), 0);
  assert.equal(endOf(stored(10, undefined), 50), 50);
  assert.equal(endOf(stored(10, 200, 200), 0), undefined);
  assert.equal(endOf(stored(10, undefined, 60), 50), undefined);
  assert.equal(endOf(stored(100, 200), 50), undefined);
});
