import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteBudget } from '../../src/pool/byte-budget.js';

test('claims above the capacity wait, and are admitted in the order they came', async () => {
  const budget = new ByteBudget(10);
  const admitted: string[] = [];
  const claim = async (name: string, bytes: number): Promise<void> => {
    await budget.acquire(bytes);
    admitted.push(name);
  };
  const claims = [claim('a', 6), claim('b', 6), claim('c', 1)];
  await Promise.resolve();
  assert.deepEqual(admitted, ['a']);
  assert.equal(budget.waitingClaims, 2);
  budget.release(6);
  await Promise.all(claims);
  assert.deepEqual(admitted, ['a', 'b', 'c']);
  assert.equal(budget.usedBytes, 7);
});

test('a claim larger than the whole budget runs alone instead of waiting forever', async () => {
  const budget = new ByteBudget(10);
  await budget.acquire(100);
  let second = false;
  const waiting = budget.acquire(1).then(() => (second = true));
  await Promise.resolve();
  assert.equal(second, false);
  budget.release(100);
  await waiting;
  assert.equal(budget.usedBytes, 1);
});

test('bytes held never pass the capacity but for a single claim, and nobody starves', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 30 }), async (sizes) => {
      const budget = new ByteBudget(10);
      await Promise.all(
        sizes.map(async (bytes, i) => {
          await budget.acquire(bytes);
          assert.ok(budget.usedBytes <= 10 || sizes.includes(budget.usedBytes));
          for (let k = 0; k < i % 4; k += 1) await Promise.resolve();
          budget.release(bytes);
        }),
      );
      assert.equal(budget.usedBytes, 0);
    }),
  );
});
