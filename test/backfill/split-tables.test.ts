/** One stream of batches for readers of one table each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RangeBatch } from '../../src/backfill/range-batch.js';
import { isLeft, splitTables } from '../../src/backfill/split-tables.js';

const NO_ROWS = { rows: 0, metadata: new Uint8Array(), body: new Uint8Array(), layout: new Int32Array() };

function batch(table: number, ledger: number): RangeBatch {
  return { table, firstLedger: ledger, lastLedger: ledger, message: NO_ROWS, release: () => undefined };
}

/** Batches of the tables in `order`, numbered from 1; `state` tells how many were asked for, and whether it was left. */
function stream(
  order: readonly number[],
  error?: Error,
): { batches: AsyncGenerator<RangeBatch>; state: { given: number; isLeft: boolean } } {
  const state = { given: 0, isLeft: false };
  async function* batches(): AsyncGenerator<RangeBatch, void, undefined> {
    try {
      for (const table of order) {
        state.given += 1;
        yield await Promise.resolve(batch(table, state.given));
      }
      if (error !== undefined) throw error;
    } finally {
      state.isLeft = true;
    }
  }
  return { batches: batches(), state };
}

async function ledgersOf(table: AsyncIterable<RangeBatch>): Promise<number[]> {
  const ledgers: number[] = [];
  for await (const { firstLedger } of table) ledgers.push(firstLedger);
  return ledgers;
}

test('each reader has the batches of its table, in order, however they come mixed', async () => {
  const { batches } = stream([0, 0, 1, 0, 1, 1, 1, 0, 2]);
  const read = await Promise.all(splitTables(batches, 4).map(ledgersOf));
  assert.deepEqual(read, [[1, 2, 4, 8], [3, 5, 6, 7], [9], []]);
});

test('a batch waits for its reader, and none is asked for behind it', async () => {
  const { batches, state } = stream([0, 1, 0, 0]);
  const [first, second] = splitTables(batches, 2).map((table) => table[Symbol.asyncIterator]());
  assert.equal((await first!.next()).done, false);
  const third = first!.next();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(state.given, 2);
  assert.equal(((await second!.next()).value as RangeBatch).firstLedger, 2);
  assert.equal(((await third).value as RangeBatch).firstLedger, 3);
});

test('what fails in the stream fails every reader, behind the batches before it', async () => {
  const failure = new Error('no more');
  const { batches } = stream([0, 1], failure);
  const read = await Promise.allSettled(splitTables(batches, 2).map(ledgersOf));
  assert.deepEqual(
    read.map((one): unknown => one.status === 'rejected' && one.reason),
    [failure, failure],
  );
});

test('when one reader leaves, the stream is left and the others are told', async () => {
  const { batches, state } = stream([0, 1, 0, 1]);
  const [first, second] = splitTables(batches, 2) as [AsyncIterable<RangeBatch>, AsyncIterable<RangeBatch>];
  const leaving = (async () => {
    for await (const { firstLedger } of first) throw new Error(`disk full at ${firstLedger}`);
  })();
  const other = ledgersOf(second);
  await assert.rejects(leaving, /disk full at 1/);
  await assert.rejects(other, (error) => isLeft(error));
  assert.equal(state.isLeft, true);
});
