import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rate } from '../../src/demo/rate.js';

test('a rate follows a steady count from the second sample on', () => {
  const rate = new Rate();
  assert.equal(rate.sample(0, 1000), 0);
  for (let i = 1; i <= 20; i += 1) assert.equal(rate.sample(50 * i, 1000 + 200 * i), 250);
});

test('a rate forgets what was before its two seconds', () => {
  const rate = new Rate();
  rate.sample(0, 0);
  for (let ms = 200; ms <= 2000; ms += 200) rate.sample(1000, ms);
  assert.equal(rate.sample(1000, 2200), 0);
});
