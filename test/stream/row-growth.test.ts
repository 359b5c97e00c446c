import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LARGE_BYTES, RowGrowth } from '../../src/stream/row-growth.js';

test('half as much again is held for ledgers of which nothing is known', () => {
  assert.equal(new RowGrowth().chargeFor(1000), 1500);
});

test('as soon as rows have turned out larger, more is held, and less again when they have become smaller', () => {
  const growth = new RowGrowth();
  growth.learn(1000, 6000);
  assert.equal(growth.chargeFor(1000), 6000);
  growth.learn(0, 0);
  growth.learn(1000, 1000);
  assert.ok(growth.chargeFor(1000) < 6000 && growth.chargeFor(1000) > 5000);
  for (let i = 0; i < 50; i += 1) growth.learn(1000, 10);
  assert.equal(growth.chargeFor(1000), 1500);
  growth.learn(1, 1_000_000);
  assert.equal(growth.chargeFor(1000), 12_000);
});

test('for a large one what gRPC and a thread need at once is held, too', () => {
  assert.equal(new RowGrowth().chargeFor(LARGE_BYTES), 1.5 * LARGE_BYTES);
  assert.equal(new RowGrowth().chargeFor(2 * LARGE_BYTES), 7 * LARGE_BYTES);
});
