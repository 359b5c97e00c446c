import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SampleWindow } from '../../src/ops/sample-window.js';

type Count = { readonly n: number };

const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.nat(1000)), { minLength: 1, maxLength: 80 });

function assertNear(found: number, expected: number): void {
  assert.ok(Math.abs(found - expected) < 1e-6 * Math.max(1, expected), `${found} instead of ${expected}`);
}

test('the increase over a span is that of the line through the samples, however they are spaced', () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(1000, 10_000, 60_000), (list, spanMs) => {
      const window = new SampleWindow<Count>(60_000);
      const all: { atMs: number; n: number }[] = [];
      let [atMs, n] = [0, 0];
      for (const [gap, more] of list) {
        atMs += gap;
        n += more;
        all.push({ atMs, n });
        window.add(atMs, { n });
      }
      const startMs = Math.max(all[0]!.atMs, atMs - spanMs);
      // The area under the slopes of all pieces, as far as they are within the span.
      let expected = 0;
      for (let i = 1; i < all.length; i += 1) {
        const [from, to] = [all[i - 1]!, all[i]!];
        const within = Math.max(0, to.atMs - Math.max(from.atMs, startMs));
        expected += ((to.n - from.n) * within) / (to.atMs - from.atMs);
      }
      assertNear(window.increase('n', spanMs), expected);
      assertNear(window.rate('n', spanMs), (expected * 1000) / Math.max(1000, atMs - startMs));
    }),
  );
});

test('samples taken whenever something comes give the rate to within the resolution, in bounded memory', () => {
  const events = fc.array(fc.record({ waitMs: fc.nat(4000), count: fc.nat(1000) }), { maxLength: 40 });
  fc.assert(
    fc.property(events, (list) => {
      const window = new SampleWindow<Count>(10_000, 500);
      const log: { at: number; count: number }[] = [];
      let [now, n] = [12_345, 0];
      window.add(now, { n });
      for (const { waitMs, count } of list) {
        now += waitMs;
        window.add(now, { n });
        n += count;
        log.push({ at: now, count });
        window.add(now, { n });
      }
      const since = (ms: number): number =>
        log.filter(({ at }) => at > now - ms).reduce((sum, { count }) => sum + count, 0);
      const seconds = Math.min(10, Math.max(1, (now - 12_345) / 1000));
      assert.ok(window.rate('n', 10_000) >= since(9000) / seconds - 1e-6);
      assert.ok(window.rate('n', 10_000) <= since(11_000) / seconds + 1e-6);
    }),
  );
});

test('a steady count has its rate from the first second on', () => {
  const window = new SampleWindow<Count>(2000);
  for (let ms = 0; ms <= 6000; ms += 200) {
    window.add(1000 + ms, { n: ms / 4 });
    if (ms >= 1000) assertNear(window.rate('n', 2000), 250);
  }
});

test('a rate falls to 0 when nothing comes, and one that begins counts over a second at least', () => {
  const window = new SampleWindow<Count>(10_000, 500);
  assert.equal(window.rate('n', 10_000), 0);
  window.add(0, { n: 0 });
  window.add(0, { n: 500 });
  assert.equal(window.rate('n', 10_000), 500);
  window.add(5000, { n: 500 });
  assert.equal(window.rate('n', 10_000), 100);
  window.add(11_000, { n: 500 });
  assert.equal(window.rate('n', 10_000), 0);
});
