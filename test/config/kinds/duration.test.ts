import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { duration, durationMs, durationText } from '../../../src/config/kinds/duration.js';

test('Go spellings and plain milliseconds are read', () => {
  const cases: [string, number][] = [
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1000],
    ['2h45m0.5s', 9_900_500],
    ['1500us', 2],
    ['3000000ns', 3],
    ['2000µs', 2],
    ['2000μs', 2],
    ['0', 0],
    ['5000', 5000],
  ];
  for (const [text, ms] of cases) assert.equal(durationMs(text), ms, text);
});

test('what Go refuses is refused, and a sign too', () => {
  for (const text of ['', 's', '1 s', '10 s', '1m30', '-5s', '+5s', '5sec', '5S', '.s', '1e3s', '5d', '5s ']) {
    assert.equal(durationMs(text), undefined, text);
  }
});

test('any sequence of amounts and units is their sum', () => {
  const unitNs = { h: 3_600_000_000_000n, m: 60_000_000_000n, s: 1_000_000_000n, ms: 1_000_000n };
  const part = fc.record({ amount: fc.nat(5000), unit: fc.constantFrom('h', 'm', 's', 'ms' as const) });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const ns = parts.reduce((sum, { amount, unit }) => sum + BigInt(amount) * unitNs[unit], 0n);
      assert.equal(durationMs(parts.map(({ amount, unit }) => `${amount}${unit}`).join('')), Number(ns / 1_000_000n));
    }),
  );
});

test('durations are printed in a form that reads back to the same', () => {
  assert.equal(durationText(90_000), '1m30s');
  assert.equal(durationText(86_400_000), '24h');
  assert.equal(durationText(0), '0s');
  fc.assert(fc.property(fc.nat(100_000_000), (ms) => assert.equal(durationMs(durationText(ms)), ms)));
});

test('bounds are inclusive', () => {
  const kind = duration('100ms', '1m');
  assert.deepEqual(kind.parse('100ms'), { value: 100 });
  assert.deepEqual(kind.parse(60_000), { value: 60_000 });
  for (const raw of ['99ms', '60001', 60_001, 1e-3, true, ['1s']]) {
    assert.ok('misfit' in kind.parse(raw), JSON.stringify(raw));
  }
});
