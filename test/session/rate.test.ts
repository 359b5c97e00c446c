import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Rate } from '../../src/session/rate.js';

test('the rate is what came in the last ten seconds, to within half a second', () => {
  const events = fc.array(fc.record({ waitMs: fc.nat(4000), count: fc.nat(1000) }), { maxLength: 40 });
  fc.assert(
    fc.property(events, (steps) => {
      let now = 12_345;
      const rate = new Rate(() => now);
      const log: { at: number; count: number }[] = [];
      for (const { waitMs, count } of steps) {
        now += waitMs;
        rate.add(count);
        log.push({ at: now, count });
      }
      const since = (ms: number): number =>
        log.filter(({ at }) => at > now - ms).reduce((sum, { count }) => sum + count, 0);
      const seconds = Math.min(10, Math.max(1, (now - 12_345) / 1000));
      assert.ok(rate.perSecond >= since(9500) / seconds - 1e-6);
      assert.ok(rate.perSecond <= since(10_500) / seconds + 1e-6);
    }),
  );
});

test('the rate falls to zero when nothing comes', () => {
  let now = 0;
  const rate = new Rate(() => now);
  rate.add(500);
  assert.equal(rate.perSecond, 500);
  now = 5000;
  assert.equal(rate.perSecond, 100);
  now = 11_000;
  assert.equal(rate.perSecond, 0);
});
