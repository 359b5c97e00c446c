import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { xdr } from '@stellar/stellar-base';
import { checkedRows, pick, requestedRows } from '../support/checked-rows.js';
import {
  created,
  data,
  id,
  keyHashOf,
  removed,
  restored,
  state,
  symbol,
  ttl,
  u32,
  updated,
} from '../support/contract-entries.js';
import { buildLedger, ledgerOf, transactionHash, type LedgerSpec } from '../support/ledger-builder.js';

const entry = data({ key: symbol('a'), val: u32(1) });
const until = (ledger: number, modified = 7): xdr.LedgerEntry => ttl(keyHashOf(entry), ledger, modified);

/** `expiration_ledger_seq` of the entry, written in the first transaction, when the others change its TTL. */
function expiration(...lists: xdr.LedgerEntryChange[][]): unknown {
  const transactions = [{ operations: [[created(entry)]] }, ...lists.map((list) => ({ operations: [list] }))];
  const rows = checkedRows(buildLedger({ transactions }));
  assert.equal(rows.length, 1);
  return rows[0]!.expiration_ledger_seq;
}

test('an expiration is null where no TTL of the key changed, not the one of another key', () => {
  assert.equal(expiration(), null);
  assert.equal(expiration([created(ttl(id(1), 50))]), null);
  assert.equal(expiration([state(until(50))]), null);
});

test('an expiration that a later transaction sets is not missed', () => {
  assert.equal(expiration([created(until(50))]), 50);
  assert.equal(expiration([], [], [restored(until(60))]), 60);
});

test('of parallel extensions the longest wins, not the last', () => {
  assert.equal(expiration([state(until(10)), updated(until(90))], [state(until(10)), updated(until(70))]), 90);
  assert.equal(expiration([updated(until(70))], [updated(until(90))]), 90);
  assert.equal(expiration([created(until(90))], [updated(until(70))]), 90);
});

test('a pre-image does not take part in the maximum', () => {
  assert.equal(expiration([state(until(500)), updated(until(90))]), 90);
});

test('a TTL that is removed, and made anew, starts over', () => {
  assert.equal(expiration([updated(until(90))], [removed(until(90))]), null);
  assert.equal(expiration([updated(until(90))], [removed(until(90))], [created(until(20))]), 20);
  assert.equal(expiration([updated(until(90))], [removed(until(90))], [updated(until(20))]), 20);
  assert.equal(expiration([updated(until(90))], [created(until(20))]), 20);
  assert.equal(expiration([updated(until(90))], [restored(until(20))]), 20);
});

test('an expiration above 2^31 is not negative', () => {
  assert.equal(expiration([updated(until(2 ** 31))], [updated(until(2 ** 32 - 1))]), 2 ** 32 - 1);
  assert.equal(expiration([updated(until(2 ** 32 - 1))], [updated(until(5))]), 2 ** 32 - 1);
});

test('deleted rows carry no expiration, other rows of the key the one at the end of the ledger', () => {
  const changes = [created(entry), updated(entry), removed(entry), restored(entry)];
  const rows = checkedRows(ledgerOf(created(until(50)), ...changes, updated(until(60))));
  assert.deepEqual(pick(rows, 'change_type', 'expiration_ledger_seq'), [
    ['created', 60],
    ['updated', 60],
    ['removed', null],
    ['restored', 60],
  ]);
});

test('an expiration is found though the TTL is the only other column asked for', () => {
  const ledger = ledgerOf(created(entry), created(until(50)));
  assert.deepEqual(requestedRows(ledger, { columns: ['expiration_ledger_seq'] }), [{ expiration_ledger_seq: 50 }]);
});

test('extensions without a data change are not lost: all TTL changes are rows of the ttl table', () => {
  const other = ttl(id(1), 5, 3);
  const spec: LedgerSpec = {
    transactions: [
      {
        before: [restored(until(40, 9))],
        operations: [[], [created(entry), created(until(50)), state(other), updated(ttl(id(1), 6))]],
      },
      { operations: [[state(until(50, 8)), removed(until(50))]], after: [removed(other)] },
    ],
  };
  const rows = requestedRows(buildLedger(spec), { table: 'ttl' });
  const [key, otherKey] = [keyHashOf(entry).toString('hex'), id(1).toString('hex')];
  const inOperation = [
    [key, 'created', false, 50, 7, 1, 1],
    [otherKey, 'updated', false, 6, 7, 1, 1],
  ];
  if (key > otherKey) inOperation.reverse();
  assert.deepEqual(
    pick(
      rows,
      'key_hash',
      'change_type',
      'deleted',
      'live_until_ledger_seq',
      'last_modified_ledger',
      'transaction_index',
      'operation_index',
    ),
    [
      [key, 'restored', false, 40, 9, 1, null],
      ...inOperation,
      [key, 'removed', true, 50, 8, 2, 0],
      [otherKey, 'removed', true, null, 1000, 2, null],
    ],
  );
  assert.deepEqual(pick(rows, 'change_index').flat(), [0, 1, 2, 3, 4]);
  assert.deepEqual(pick(rows, 'ledger_sequence', 'closed_at')[0], [1000, '2023-11-14T22:13:20Z']);
  assert.deepEqual(
    pick(rows, 'transaction_hash').flat(),
    [1, 1, 1, 2, 2].map((index) => transactionHash(spec, index)),
  );
});

test('both tables name an entry by the same hash', () => {
  const ledger = ledgerOf(created(entry), created(until(50)));
  const [row] = checkedRows(ledger);
  assert.equal(requestedRows(ledger, { table: 'ttl' })[0]!.key_hash, row!.ledger_key_hash);
  assert.equal(row!.ledger_key_hash, keyHashOf(entry).toString('hex'));
});
