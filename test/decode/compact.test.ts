import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StrKey, type xdr } from '@stellar/stellar-base';
import fc from 'fast-check';
import { base64, pick, requestedLedger, requestedRows } from '../support/checked-rows.js';
import type { Row } from '../support/decode-rows.js';
import {
  balance,
  created,
  data,
  id,
  keyOf,
  removed,
  restored,
  state,
  symbol,
  u32,
  updated,
} from '../support/contract-entries.js';
import { buildLedger, ledgerOf, type Changes } from '../support/ledger-builder.js';

const a = (value: number): xdr.LedgerEntry => data({ key: symbol('a'), val: u32(value) });

/** The compacted rows of lists that stand each in a transaction of its own. */
function compacted(...lists: Changes[]): Row[] {
  const ledger = buildLedger({ transactions: lists.map((list) => ({ operations: [list] })) });
  return requestedRows(ledger, { compact: true, columns: ['default', 'prev_val_xdr'] });
}

const create = (value: number): Changes => [created(a(value))];
const update = (from: number, to: number): Changes => [state(a(from)), updated(a(to))];
const remove = (from: number): Changes => [state(a(from)), removed(a(from))];
const restore = (value: number): Changes => [restored(a(value))];
const restoreAndUpdate = (from: number, to: number): Changes => [restored(a(from)), updated(a(to))];
const restoreAndRemove = (value: number): Changes => [restored(a(value)), removed(a(value))];

/** change_type, value, whether it changed, value before; undefined for no row. */
type Net = [string, number | null, boolean | null, number | null] | undefined;

const cases: [string, Changes[], Net][] = [
  ['absent -> created', [create(1)], ['created', 1, null, null]],
  ['absent -> created, updated', [create(1), update(1, 2)], ['created', 2, null, null]],
  ['absent -> created, removed', [create(1), remove(1)], undefined],
  ['absent -> created, updated, removed', [create(1), update(1, 2), remove(2)], undefined],
  ['absent -> created, removed, created', [create(1), remove(1), create(3)], ['created', 3, null, null]],
  ['live -> updated', [update(1, 2)], ['updated', 2, true, 1]],
  ['live -> updated twice', [update(1, 2), update(2, 3)], ['updated', 3, true, 1]],
  ['live -> updated there and back', [update(1, 2), update(2, 1)], ['updated', 1, false, 1]],
  ['live -> removed', [remove(1)], ['removed', 1, null, 1]],
  ['live -> updated, removed', [update(1, 2), remove(2)], ['removed', 1, null, 1]],
  ['live -> removed, created', [remove(1), create(2)], ['updated', 2, true, 1]],
  ['live -> removed, created the same', [remove(1), create(1)], ['updated', 1, false, 1]],
  ['live -> removed, created, removed', [remove(1), create(2), remove(2)], ['removed', 1, null, 1]],
  ['archived -> restored', [restore(1)], ['restored', 1, null, null]],
  ['archived -> restored, updated at once', [restoreAndUpdate(1, 2)], ['restored', 2, null, null]],
  ['archived -> restored, updated later', [restore(1), update(1, 2), update(2, 3)], ['restored', 3, null, null]],
  ['archived -> restored, removed at once', [restoreAndRemove(1)], ['removed', 1, null, 1]],
  ['archived -> restored, updated, removed', [restore(1), update(1, 2), remove(2)], ['removed', 1, null, 1]],
  ['archived -> restored, removed, created', [restore(1), remove(1), create(2)], ['restored', 2, null, null]],
  ['archived -> UPDATED before its RESTORED', [[updated(a(2)), restored(a(1))]], ['restored', 2, null, null]],
];

for (const [what, lists, net] of cases) {
  test(`one row for the net change, none for none: ${what}`, () => {
    const value = (of: number | null): string | null => (of === null ? null : base64(u32(of)));
    const rows = pick(compacted(...lists), 'change_type', 'val_xdr', 'value_changed', 'prev_val_xdr');
    assert.deepEqual(rows, net === undefined ? [] : [[net[0], value(net[1]), net[2], value(net[3])]]);
  });
}

test('the row takes the place and the change_index of the last change of its key', () => {
  const b = data({ key: symbol('b') });
  const rows = compacted([...update(1, 2), created(b)], [state(b), updated(b)], update(2, 3));
  const columns = ['key_xdr', 'change_type', 'change_index', 'transaction_index'];
  assert.deepEqual(pick(rows, ...columns), [
    [base64(symbol('b')), 'created', 2, 2],
    [base64(symbol('a')), 'updated', 3, 3],
  ]);
});

test('a removal without a pre-image after other changes has the value from before the ledger', () => {
  assert.deepEqual(pick(compacted(update(1, 2), [removed(a(2))]), 'change_type', 'val_xdr'), [
    ['removed', base64(u32(1))],
  ]);
});

test('evictions stand alone and come last, beside compacted rows', () => {
  const ledger = buildLedger({
    transactions: [{ operations: [create(1), update(1, 2)] }],
    evictedKeys: [keyOf(data({ key: symbol('b') }))],
  });
  assert.deepEqual(pick(requestedRows(ledger, { compact: true }), 'change_type', 'change_index'), [
    ['created', 1],
    ['evicted', 2],
  ]);
});

test('filters other than the contract see the net change, not its steps', () => {
  const steps = buildLedger({ transactions: [{ operations: [create(1), update(1, 2)] }] });
  const types = (filters: Record<string, unknown>): unknown[] =>
    pick(requestedRows(steps, { compact: true, filters }), 'change_type').flat();
  assert.deepEqual(types({ change_types: ['created'] }), ['created']);
  assert.deepEqual(types({ change_types: ['updated'] }), []);

  const back = buildLedger({ transactions: [{ operations: [update(1, 2), update(2, 1)] }] });
  assert.deepEqual(requestedRows(back, { compact: true, filters: { changed_only: true } }), []);

  const contract_ids = [StrKey.encodeContract(id(2))];
  const { rows, skipped } = requestedLedger(steps, { compact: true, filters: { contract_ids } });
  assert.deepEqual([rows.length, skipped], [0, 2]);
});

test('the balance before the ledger is the previous one', () => {
  const held = (amount: bigint): xdr.LedgerEntry => balance(id(1), id(2), amount);
  const ledger = ledgerOf(state(held(1n)), updated(held(2n)), state(held(2n)), updated(held(3n)));
  const columns = ['balance_i128', 'prev_balance_i128'];
  assert.deepEqual(pick(requestedRows(ledger, { compact: true, columns }), ...columns), [['3', '1']]);
});

// A plain model: the state of each key before the ledger, and steps that are legal in the state reached.
type Before = 'absent' | 'live' | 'archived';
interface Key {
  readonly before: Before;
  readonly steps: readonly number[];
}
const entryOf = (key: number, value: number): xdr.LedgerEntry => data({ key: u32(key), val: u32(value) });
const keys = fc.array(
  fc.record({
    before: fc.constantFrom<Before>('absent', 'live', 'archived'),
    steps: fc.array(fc.nat(8), { maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 6 },
);

/** The lists of changes that a key's steps make, and its net change. */
function lifeOf(key: number, { before, steps }: Key): { lists: xdr.LedgerEntryChange[][]; net: Net } {
  const first = 50;
  let current = before === 'live' ? first : undefined;
  let wasRestored = false;
  const lists = steps.map((step): xdr.LedgerEntryChange[] => {
    const value = step % 3;
    if (current === undefined) {
      if (before === 'archived' && !wasRestored) {
        wasRestored = true;
        current = step % 2 === 0 ? first : value;
        return [restored(entryOf(key, first)), ...(step % 2 === 0 ? [] : [updated(entryOf(key, value))])];
      }
      current = value;
      return [created(entryOf(key, value))];
    }
    const old = state(entryOf(key, current));
    const isRemoval = step > 5;
    current = isRemoval ? undefined : value;
    return [old, isRemoval ? removed(entryOf(key, 0)) : updated(entryOf(key, value))];
  });
  return { lists, net: steps.length === 0 ? undefined : netOf(before, first, current) };
}

function netOf(before: Before, first: number, after: number | undefined): Net {
  if (after === undefined) return before === 'absent' ? undefined : ['removed', first, null, first];
  switch (before) {
    case 'absent':
      return ['created', after, null, null];
    case 'live':
      return ['updated', after, after !== first, first];
    case 'archived':
      return ['restored', after, null, null];
  }
}

test('compaction agrees with a plain model of states before and after', () => {
  fc.assert(
    fc.property(keys, fc.array(fc.nat(), { minLength: 1, maxLength: 30 }), (of, turns) => {
      const lives = of.map((key, i) => lifeOf(i, key));
      const queues = lives.map(({ lists }) => [...lists]);
      // Keys take turns, so that their changes interleave over operations.
      const operations = turns
        .map((turn) => queues[turn % queues.length]!.shift() ?? [])
        .concat(queues.flatMap((queue) => queue));
      const ledger = buildLedger({ transactions: [{ operations }] });

      const value = (n: number | null): string | null => (n === null ? null : base64(u32(n)));
      const expected = lives.flatMap(({ net }, i) =>
        net === undefined ? [] : [[base64(u32(i)), net[0], value(net[1]), net[2], value(net[3])]],
      );
      const columns = ['key_xdr', 'change_type', 'val_xdr', 'value_changed', 'prev_val_xdr', 'change_index'];
      const rows = requestedRows(ledger, { compact: true, columns });
      assert.deepEqual(pick(rows, ...columns.slice(0, 5)).sort(), expected.sort());

      const last = new Map(requestedRows(ledger, {}).map((row) => [row.key_xdr, row.change_index as number]));
      const indices = rows.map((row) => row.change_index as number);
      assert.deepEqual(
        indices,
        rows.map((row) => last.get(row.key_xdr)),
      );
      assert.deepEqual(
        indices,
        [...indices].sort((x, y) => x - y),
      );
    }),
    { numRuns: 150 },
  );
});
