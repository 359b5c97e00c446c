import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { xdr } from '@stellar/stellar-base';
import { base64, checkedRows, pick, requestedLedger, requestedRows } from '../support/checked-rows.js';
import * as entries from '../support/contract-entries.js';
import { created, data, id, removed, restored, state, symbol, u32, updated } from '../support/contract-entries.js';
import { buildLedger, ledgerOf } from '../support/ledger-builder.js';

const a = (value: number, modified = 7): xdr.LedgerEntry => data({ key: symbol('a'), val: u32(value), modified });
const b = (value: number, modified = 7): xdr.LedgerEntry => data({ key: symbol('b'), val: u32(value), modified });
const withPrevious = { columns: ['default', 'prev_val_xdr'] };

test('a pre-image is never taken for a row of its own', () => {
  const ledger = ledgerOf(state(a(1)), state(b(1)), updated(b(2)));
  assert.deepEqual(pick(checkedRows(ledger), 'change_type', 'key_xdr', 'val_xdr', 'change_index'), [
    ['updated', base64(symbol('b')), base64(u32(2)), 0],
  ]);
});

test('an update among interleaved keys is not compared with the pre-image of another key', () => {
  const ledger = ledgerOf(state(a(1)), state(b(2)), updated(b(2)), state(data()), updated(a(2)), removed(data()));
  checkedRows(ledger);
  assert.deepEqual(
    pick(requestedRows(ledger, withPrevious), 'change_type', 'val_xdr', 'value_changed', 'prev_val_xdr'),
    [
      ['updated', base64(u32(2)), true, base64(u32(1))],
      ['updated', base64(u32(2)), false, base64(u32(2))],
      ['removed', base64(u32(0)), null, base64(u32(0))],
    ],
  );
});

test('an update is compared with its own pre-image, not with that of an earlier update of the key', () => {
  const first = [state(a(1)), state(b(5)), updated(a(2)), updated(b(6))];
  const second = [state(a(2)), state(b(6)), updated(a(3)), updated(b(6))];
  const ledger = ledgerOf(...first, ...second);
  checkedRows(ledger);
  assert.deepEqual(pick(requestedRows(ledger, withPrevious), 'val_xdr', 'value_changed', 'prev_val_xdr'), [
    [base64(u32(2)), true, base64(u32(1))],
    [base64(u32(3)), true, base64(u32(2))],
    [base64(u32(6)), true, base64(u32(5))],
    [base64(u32(6)), false, base64(u32(6))],
  ]);
});

test('entries that differ in durability or contract alone are not taken for each other', () => {
  const temporary = data({ val: u32(1), durability: 'temporary' });
  const elsewhere = data({ val: u32(2), contract: id(2) });
  const ledger = ledgerOf(state(temporary), state(elsewhere), state(data()), updated(data()), removed(temporary));
  const rows = checkedRows(ledger);
  assert.deepEqual(
    new Set(pick(rows, 'change_type', 'contract_durability', 'val_xdr', 'value_changed')),
    new Set([
      ['removed', 'ContractDataDurabilityTemporary', base64(u32(1)), null],
      ['updated', 'ContractDataDurabilityPersistent', base64(u32(0)), false],
    ]),
  );
});

test('a restored entry comes out as a live row with its own value', () => {
  const rows = checkedRows(ledgerOf(restored(a(5, 3))));
  assert.deepEqual(pick(rows, 'change_type', 'deleted', 'val_xdr', 'value_changed', 'last_modified_ledger'), [
    ['restored', false, base64(u32(5)), null, 3],
  ]);
});

test('a restored entry that is then updated gives both rows, compared without a STATE between them', () => {
  const ledger = ledgerOf(restored(b(1)), restored(a(1)), updated(a(2)), updated(b(1)));
  checkedRows(ledger);
  const rows = pick(requestedRows(ledger, withPrevious), 'change_type', 'val_xdr', 'value_changed', 'prev_val_xdr');
  assert.deepEqual(rows, [
    ['restored', base64(u32(1)), null, null],
    ['updated', base64(u32(2)), true, base64(u32(1))],
    ['restored', base64(u32(1)), null, null],
    ['updated', base64(u32(1)), false, base64(u32(1))],
  ]);
});

test('a RESTORED written after its UPDATED, as one core did, is still its pre-image', () => {
  const ledger = ledgerOf(updated(a(2)), restored(a(1)));
  const { counts } = requestedLedger(ledger);
  assert.deepEqual(pick(checkedRows(ledger), 'change_type', 'value_changed'), [
    ['updated', true],
    ['restored', null],
  ]);
  assert.equal(counts.updatedWithoutPreImage, 0);
});

test('a restored entry that is then removed leaves its value on the removal', () => {
  const rows = checkedRows(ledgerOf(restored(a(5, 3)), removed(a(5))));
  assert.deepEqual(pick(rows, 'change_type', 'deleted', 'val_xdr', 'last_modified_ledger'), [
    ['restored', false, base64(u32(5)), 3],
    ['removed', true, base64(u32(5)), 3],
  ]);
});

test('an update without a pre-image is not lost, and is counted', () => {
  const ledger = ledgerOf(updated(a(2)), state(b(1)), updated(b(2)));
  const { counts } = requestedLedger(ledger);
  assert.deepEqual(pick(checkedRows(ledger), 'val_xdr', 'value_changed'), [
    [base64(u32(2)), null],
    [base64(u32(2)), true],
  ]);
  assert.deepEqual([counts.updatedWithoutPreImage, counts.removedWithoutPreImage], [1, 0]);
});

test('a removal without a pre-image is not lost, and is counted', () => {
  const ledger = ledgerOf(removed(a(2)));
  const { counts } = requestedLedger(ledger);
  assert.deepEqual(pick(checkedRows(ledger), 'change_type', 'deleted', 'val_xdr', 'last_modified_ledger'), [
    ['removed', true, null, 1000],
  ]);
  assert.deepEqual([counts.updatedWithoutPreImage, counts.removedWithoutPreImage], [0, 1]);
});

test('a pre-image of another operation is not a pre-image', () => {
  const ledger = buildLedger({ transactions: [{ operations: [[state(a(1))], [removed(a(1))], [updated(a(3))]] }] });
  assert.deepEqual(pick(checkedRows(ledger), 'change_type', 'val_xdr', 'value_changed'), [
    ['removed', null, null],
    ['updated', base64(u32(3)), null],
  ]);
  const { counts } = requestedLedger(ledger);
  assert.deepEqual([counts.updatedWithoutPreImage, counts.removedWithoutPreImage], [1, 1]);
});

test('several changes of one key in a list all come out, in their order', () => {
  const rows = checkedRows(
    ledgerOf(state(b(0)), updated(b(0)), created(a(1)), updated(a(2)), removed(a(2)), created(a(3))),
  );
  assert.deepEqual(pick(rows, 'change_type', 'val_xdr'), [
    ['created', base64(u32(1))],
    ['updated', base64(u32(2))],
    ['removed', null],
    ['created', base64(u32(3))],
    ['updated', base64(u32(0))],
  ]);
});

test('lists keep the order before, operations, after, and are not sorted across', () => {
  const ledger = buildLedger({
    transactions: [
      { before: [created(b(1))], operations: [[created(b(2))], [], [created(a(3))]], after: [created(a(4))] },
      { before: [created(a(5))], operations: [[created(b(6)), created(a(6))]] },
    ],
  });
  assert.deepEqual(pick(checkedRows(ledger), 'val_xdr', 'transaction_index', 'operation_index', 'change_index'), [
    [base64(u32(1)), 1, null, 0],
    [base64(u32(2)), 1, 0, 1],
    [base64(u32(3)), 1, 2, 2],
    [base64(u32(4)), 1, null, 3],
    [base64(u32(5)), 2, null, 4],
    [base64(u32(6)), 2, 0, 5],
    [base64(u32(6)), 2, 0, 6],
  ]);
});

test('nonces and entries of accounts give no row and leave no hole in change_index', () => {
  const nonce = data({ key: xdr.ScVal.scvLedgerKeyNonce(new xdr.ScNonceKey({ nonce: new xdr.Int64(1) })) });
  const ofAccount = data({ contract: entries.accountAddress(id(3)) });
  const ledger = ledgerOf(
    created(a(1)),
    created(nonce),
    state(ofAccount),
    updated(ofAccount),
    created(entries.dataOfAccount(id(3))),
    created(entries.ttl(id(4), 5)),
    created(b(1)),
    removed(nonce),
  );
  assert.deepEqual(pick(checkedRows(ledger), 'key_xdr', 'change_index'), [
    [base64(symbol('a')), 0],
    [base64(symbol('b')), 1],
  ]);
  assert.equal(requestedLedger(ledger).counts.notContractState, 4);
});

test('two exports of a ledger, which core writes in random order within a list, give the same rows', () => {
  const pairs = Array.from({ length: 40 }, (_, i): xdr.LedgerEntryChange[] => {
    const entry = data({ contract: id(i % 7), key: i % 3 === 0 ? symbol(`k${i}`) : u32(i), val: u32(i) });
    return i % 5 === 0 ? [restored(entry), removed(entry)] : [state(entry), updated(entry)];
  });
  const expected = checkedRows(ledgerOf(...pairs.flat()));
  assert.equal(expected.length, 48);
  const shuffled = fc.shuffledSubarray(pairs, { minLength: pairs.length, maxLength: pairs.length });
  fc.assert(
    fc.property(shuffled, (order) => {
      assert.deepEqual(requestedRows(ledgerOf(...order.flat()), {}), expected);
    }),
    { numRuns: 30 },
  );
});

test('keys of one contract are sorted by the bytes of the LedgerKey, shorter before longer', () => {
  const keys = [u32(5), u32(2 ** 31 + 1), symbol('b'), symbol('aa'), symbol('aaaaa'), xdr.ScVal.scvVec([])];
  const list = keys.map((key) => created(data({ key })));
  const sorted = keys
    .map((key) => data({ key }))
    .sort((x, y) => Buffer.compare(entries.keyOf(x).toXDR(), entries.keyOf(y).toXDR()))
    .map((entry) => base64(entry.data().contractData().key()));
  assert.deepEqual(pick(checkedRows(ledgerOf(...list)), 'key_xdr').flat(), sorted);
});

test('a hostile list, all pre-images behind their updates, does not hang the worker', () => {
  const many = 20_000;
  const list = [
    ...Array.from({ length: many }, () => updated(a(2))),
    ...Array.from({ length: many }, () => state(a(1))),
  ];
  const ledger = ledgerOf(...list);
  const start = performance.now();
  assert.equal(requestedLedger(ledger, { columns: ['change_index'] }).rows.length, many);
  const took = performance.now() - start;
  assert.ok(took < 1000, `${Math.round(took)} ms`);
});
