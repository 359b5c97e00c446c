import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantile, spreadOf } from '../../bench/spread.js';

test('the median and half the range of the samples, whatever their order', () => {
  assert.deepEqual(spreadOf([30, 10, 20]), { median: 20, spread: 0.5, samples: 3 });
  assert.deepEqual(spreadOf([7]), { median: 7, spread: 0, samples: 1 });
});

test('quantiles are by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.equal(quantile(hundred, 0.5), 50);
  assert.equal(quantile(hundred, 0.99), 99);
  assert.equal(quantile(hundred, 1), 100);
  assert.equal(quantile([5], 0.99), 5);
});
