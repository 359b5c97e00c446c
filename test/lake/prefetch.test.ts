import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Prefetch } from '../../workers/lake/prefetch.js';
import { SpareBuffers } from '../../workers/spare-buffers.js';

const CAPACITY = 100;

test('no more is held than fits, one too large alone, all in their order, none forgotten', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.infiniteStream(fc.nat(1000)), async (wanted, picks) => {
      const prefetch = new Prefetch(CAPACITY, new SpareBuffers());
      const held: number[] = [];
      const admitted: number[] = [];
      const all = wanted.map((bytes, i) =>
        prefetch.allocate(bytes).then((memory) => {
          assert.equal(memory.byteLength, bytes);
          held.push(bytes);
          admitted.push(i);
          const sum = held.reduce((total, one) => total + one, 0);
          assert.ok(sum <= CAPACITY || held.filter((one) => one > 0).length === 1, `${held.join()} held`);
        }),
      );
      while (admitted.length < wanted.length || held.length > 0) {
        await new Promise((resolve) => setImmediate(resolve));
        assert.ok(held.length > 0, 'nothing is held, though some wait');
        const [bytes] = held.splice(picks.next().value % held.length, 1);
        prefetch.release(bytes!);
      }
      await Promise.all(all);
      assert.deepEqual(
        admitted,
        wanted.map((_, i) => i),
      );
    }),
    { numRuns: 50 },
  );
});
