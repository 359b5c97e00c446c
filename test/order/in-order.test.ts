import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { inOrder } from '../../src/order/in-order.js';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('results come out in input order whatever order they finish in, with at most lookAhead started', async () => {
  const turns = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(turns, turns, fc.integer({ min: 1, max: 6 }), async (inputTurns, resultTurns, lookAhead) => {
      let started = 0;
      let mostStarted = 0;
      async function* source(): AsyncGenerator<number> {
        for (const [i, turn] of inputTurns.entries()) {
          for (let k = 0; k < turn; k += 1) await Promise.resolve();
          yield i;
        }
      }
      const start = async (i: number): Promise<number> => {
        started += 1;
        mostStarted = Math.max(mostStarted, started);
        for (let k = 0; k < (resultTurns[i] ?? 0) * 3; k += 1) await Promise.resolve();
        started -= 1;
        return i * 10;
      };
      assert.deepEqual(
        await collect(inOrder(source(), start, lookAhead)),
        inputTurns.map((_, i) => i * 10),
      );
      assert.ok(mostStarted <= lookAhead);
    }),
  );
});

test('a result is not held back while the next input is awaited: the tip stays fresh', async () => {
  let feedSecond!: () => void;
  const second = new Promise<void>((resolve) => (feedSecond = resolve));
  async function* source(): AsyncGenerator<number> {
    yield 1;
    await second;
    yield 2;
  }
  const results = inOrder(source(), (i) => Promise.resolve(i), 4);
  assert.deepEqual(await results.next(), { done: false, value: 1 });
  feedSecond();
  assert.deepEqual(await collect(results), [2]);
});

test('a failure comes out in its turn: nothing decoded before it is lost', async () => {
  const source = [1, 2, 3];
  const start = async (i: number): Promise<number> => {
    if (i === 2) throw new Error('bad ledger');
    await delay(5);
    return i;
  };
  const results = inOrder(source, start, 3);
  assert.deepEqual(await results.next(), { done: false, value: 1 });
  await assert.rejects(results.next(), /bad ledger/);
  assert.deepEqual(await results.next(), { done: true, value: undefined });
});

test('a consumer that stops early runs the source’s finally, so that a stream is closed', async () => {
  let released = false;
  async function* source(): AsyncGenerator<number> {
    try {
      for (let i = 0; ; i += 1) {
        await Promise.resolve();
        yield i;
      }
    } finally {
      released = true;
    }
  }
  for await (const value of inOrder(source(), (i) => Promise.resolve(i), 2)) if (value === 3) break;
  assert.equal(released, true);
});

test('a failing source ends the results with its error', async () => {
  async function* source(): AsyncGenerator<number> {
    yield 1;
    await Promise.resolve();
    throw new Error('source lost');
  }
  const results = inOrder(source(), (i) => Promise.resolve(i), 1);
  assert.equal((await results.next()).value, 1);
  await assert.rejects(results.next(), /source lost/);
});
