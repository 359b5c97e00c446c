import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { xdr } from '@stellar/stellar-base';
import { base64, checkedRows, pick, requestedLedger, requestedRows } from '../support/checked-rows.js';
import { created, data, id, removed, state, symbol, ttl, u32, updated } from '../support/contract-entries.js';
import {
  buildLedger,
  innerTransactionHash,
  transactionHash,
  type LedgerSpec,
  type TransactionSpec,
} from '../support/ledger-builder.js';

const a = (value: number): xdr.LedgerEntry => data({ key: symbol('a'), val: u32(value) });
const values = (ledger: Buffer): unknown[] => pick(checkedRows(ledger), 'val_xdr').flat();
const numbers = (...of: number[]): string[] => of.map((value) => base64(u32(value)));

test('a transaction with TransactionMeta V0 gives no rows and is counted', () => {
  const ledger = buildLedger({
    version: 0,
    transactions: [
      { meta: 0, operations: [[created(a(1))]] },
      { meta: 2, operations: [[created(a(2))]] },
    ],
  });
  assert.deepEqual(values(ledger), numbers(2));
  assert.equal(requestedLedger(ledger).counts.transactionMetaV0, 1);
});

for (const version of [0, 1, 2] as const) {
  for (const meta of [1, 2, 3, 4] as const) {
    test(`LedgerCloseMeta V${version} with TransactionMeta V${meta} loses none of its lists`, () => {
      const after = meta === 1 ? {} : { after: [updated(a(4))] };
      const ledger = buildLedger({
        version,
        transactions: [{ meta, before: [created(a(1))], operations: [[updated(a(2))], [updated(a(3))]], ...after }],
      });
      assert.deepEqual(values(ledger), numbers(...(meta === 1 ? [1, 2, 3] : [1, 2, 3, 4])));
    });
  }
}

test('changes that txInternalError undid up to protocol 12 are not rows', () => {
  const transaction: TransactionSpec = {
    result: 'txInternalError',
    before: [created(a(1))],
    operations: [[updated(a(2))]],
    after: [updated(a(3))],
  };
  const next: TransactionSpec = { operations: [[updated(a(4))]] };
  const values12 = values(buildLedger({ version: 0, protocol: 12, transactions: [transaction, next] }));
  assert.deepEqual(values12, numbers(1, 4));
  const v1 = { ...transaction, meta: 1, after: [] } as const;
  assert.deepEqual(values(buildLedger({ version: 0, protocol: 12, transactions: [v1] })), numbers(1));
  assert.deepEqual(values(buildLedger({ version: 0, protocol: 13, transactions: [transaction] })), numbers(1, 2, 3));
});

test('a failed transaction is read like any other', () => {
  const failed: TransactionSpec = { result: 'txFailed', before: [created(a(1))], operations: [[updated(a(2))]] };
  assert.deepEqual(values(buildLedger({ version: 0, protocol: 12, transactions: [failed] })), numbers(1, 2));
  assert.deepEqual(values(buildLedger({ transactions: [{ ...failed, envelope: 'feeBump' }] })), numbers(1, 2));
});

test('contract data in fee, post-apply fee and upgrade changes gives no rows and is counted', () => {
  const ledger = buildLedger({
    transactions: [
      {
        fee: [state(a(1)), updated(a(2)), created(ttl(id(1), 5))],
        operations: [[created(a(3))]],
        postFee: [updated(a(4))],
      },
    ],
    upgrades: [[removed(a(4)), created(a(5))], [created(ttl(id(1), 5))]],
  });
  assert.deepEqual(values(ledger), numbers(3));
  assert.deepEqual(requestedRows(ledger, { table: 'ttl' }), []);
  assert.equal(requestedLedger(ledger).counts.outsideTransactions, 5);
});

test('the pre-image in the fee changes is not one for the operations', () => {
  const ledger = buildLedger({ transactions: [{ fee: [state(a(1))], operations: [[updated(a(2))]] }] });
  assert.deepEqual(pick(checkedRows(ledger), 'value_changed'), [[null]]);
});

test('transaction_index counts transactions without rows too, and from 1', () => {
  const spec: LedgerSpec = { transactions: [{}, { operations: [[created(a(1))]] }, {}, { after: [updated(a(2))] }] };
  assert.deepEqual(pick(checkedRows(buildLedger(spec)), 'transaction_index', 'transaction_hash'), [
    [2, transactionHash(spec, 2)],
    [4, transactionHash(spec, 4)],
  ]);
});

test('a fee bump is named by its outer hash, and by its inner one where that is asked for', () => {
  const operations = [[created(a(1))]];
  const spec: LedgerSpec = {
    transactions: [
      { envelope: 'feeBump', operations },
      { envelope: 'feeBump', result: 'txFailed', operations },
      { envelope: 'tx', operations },
    ],
    evictedKeys: [],
  };
  const ledger = buildLedger(spec);
  checkedRows(ledger);
  const columns = ['transaction_hash', 'inner_transaction_hash'];
  assert.deepEqual(pick(requestedRows(ledger, { columns }), ...columns), [
    [transactionHash(spec, 1), innerTransactionHash(spec, 1)],
    [transactionHash(spec, 2), innerTransactionHash(spec, 2)],
    [transactionHash(spec, 3), null],
  ]);
  assert.notEqual(transactionHash(spec, 1), innerTransactionHash(spec, 1));
});

for (const version of [0, 1, 2] as const) {
  test(`a LedgerCloseMeta V${version} without transactions is a ledger without rows`, () => {
    const ledger = buildLedger({ version });
    assert.deepEqual(checkedRows(ledger), []);
    assert.equal(requestedLedger(ledger).skipped, 0);
  });
}
