import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowAccount } from '../../src/demo/row-account.js';
import type { BatchProgress } from '../../src/stream/app-metadata.js';

interface Entry {
  readonly progress: BatchProgress;
  readonly rows: number;
}

const FIRST = 10;

/** Ledgers with so many rows each, cut into batches of `perBatch` ledgers; ledgers above 50 rows come in two pieces. */
function entriesOf(rows: readonly number[], perBatch: number): Entry[] {
  const entries: Entry[] = [];
  const add = (first: number, last: number, complete: number, count: number, piece?: number): void => {
    const pieces = piece === undefined ? {} : { piece, pieces: 2 };
    const progress: BatchProgress = {
      v: 1,
      first_ledger: first,
      last_ledger: last,
      complete_through: complete,
      rows: count,
      ...pieces,
    };
    entries.push({ progress, rows: count });
  };
  let open: number[] = [];
  const flush = (next: number): void => {
    if (open.length > 0) add(next - open.length, next - 1, next - 1, total(open));
    open = [];
  };
  rows.forEach((count, i) => {
    const sequence = FIRST + i;
    if (count > 50) {
      flush(sequence);
      add(sequence, sequence, sequence - 1, 50, 1);
      add(sequence, sequence, sequence, count - 50, 2);
      return;
    }
    open.push(count);
    if (open.length === perBatch) flush(sequence + 1);
  });
  flush(FIRST + rows.length);
  return entries;
}

function total(rows: readonly number[]): number {
  return rows.reduce((sum, count) => sum + count, 0);
}

function accountFor(rows: readonly number[]): RowAccount {
  return new RowAccount(FIRST, FIRST + rows.length - 1, (sequence) => rows[sequence - FIRST]!);
}

const plans = fc.record({
  rows: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 }),
  perBatch: fc.integer({ min: 1, max: 5 }),
});

test('a stream that brings every row once is complete, and its rows add up', () => {
  fc.assert(
    fc.property(plans, ({ rows, perBatch }) => {
      const account = accountFor(rows);
      const entries = entriesOf(rows, perBatch);
      for (const entry of entries) {
        assert.equal(account.isComplete, false);
        account.add(entry);
      }
      assert.equal(account.isComplete, true);
      assert.equal(account.receivedRows, total(rows));
      assert.equal(account.generatedRows, total(rows));
      assert.equal(account.batches, entries.length);
      assert.equal(account.completeThrough, FIRST + rows.length - 1);
    }),
  );
});

test('a batch left out, sent twice, or with a row too many or too few never ends in a complete account', () => {
  const faults: Record<string, (entries: Entry[], at: number) => Entry[]> = {
    'left out': (entries, at) => entries.toSpliced(at, 1),
    'sent twice': (entries, at) => entries.toSpliced(at, 0, entries[at]!),
    'a row too many': (entries, at) => entries.with(at, { ...entries[at]!, rows: entries[at]!.rows + 1 }),
    'a row too few': (entries, at) => entries.with(at, { ...entries[at]!, rows: entries[at]!.rows - 1 }),
  };
  for (const [name, fault] of Object.entries(faults)) {
    fc.assert(
      fc.property(plans, fc.nat(), ({ rows, perBatch }, position) => {
        const account = accountFor(rows);
        const entries = entriesOf(rows, perBatch);
        const enterAll = (): boolean => {
          for (const entry of fault(entries, position % entries.length)) account.add(entry);
          return account.isComplete;
        };
        let isComplete = false;
        try {
          isComplete = enterAll();
        } catch {
          // Found where it happens.
        }
        assert.equal(isComplete, false, name);
      }),
    );
  }
});

test('a row that moved to another ledger is found, although the sum is right', () => {
  const account = accountFor([5, 5]);
  const [first, second] = entriesOf([5, 5], 1);
  assert.throws(
    () => {
      account.add({ ...first!, rows: 4 });
      account.add({ ...second!, rows: 6 });
    },
    { code: 'INTERNAL', message: /ledgers 10 to 10/ },
  );
});

test('a message without rows that only tells progress changes nothing', () => {
  const account = accountFor([5]);
  const quiet: BatchProgress = { v: 1, first_ledger: 10, last_ledger: 9, complete_through: 9, rows: 0 };
  account.add({ progress: quiet, rows: 0 });
  assert.equal(account.completeThrough, 9);
  assert.equal(account.batches, 0);
});
