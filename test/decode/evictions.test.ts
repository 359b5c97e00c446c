import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Asset, StrKey, xdr } from '@stellar/stellar-base';
import { base64, checkedRows, pick, requestedLedger, requestedRows } from '../support/checked-rows.js';
import * as entries from '../support/contract-entries.js';
import {
  balance,
  codeKey,
  created,
  data,
  id,
  INSTANCE_KEY,
  keyOf,
  symbol,
  ttl,
  u32,
} from '../support/contract-entries.js';
import { buildLedger } from '../support/ledger-builder.js';

const gone = data({ key: symbol('gone'), durability: 'temporary' });
const archived = data({ key: symbol('archived'), val: u32(9), modified: 3 });
const nonce = data({
  key: xdr.ScVal.scvLedgerKeyNonce(new xdr.ScNonceKey({ nonce: new xdr.Int64(1) })),
  durability: 'temporary',
});

for (const version of [1, 2] as const) {
  test(`evicted keys of LedgerCloseMeta V${version} are deletions after all transactions`, () => {
    const ledger = buildLedger({
      version,
      transactions: [{ operations: [[created(data({ key: symbol('z') }))]] }],
      evictedKeys: [
        keyOf(gone),
        keyOf(ttl(entries.keyHashOf(gone), 1)),
        keyOf(archived),
        codeKey(id(5)),
        keyOf(nonce),
        keyOf(data({ contract: entries.accountAddress(id(6)) })),
      ],
    });
    const rows = checkedRows(ledger).slice(1);
    const sorted = [gone, archived]
      .sort((a, b) => Buffer.compare(keyOf(a).toXDR(), keyOf(b).toXDR()))
      .map((entry, i) => [base64(entry.data().contractData().key()), i + 1]);
    assert.deepEqual(pick(rows, 'key_xdr', 'change_index'), sorted);
    for (const row of rows) {
      assert.equal(row.change_type, 'evicted');
      assert.equal(row.deleted, true);
      assert.equal(row.last_modified_ledger, 1000);
      const unset = ['val_xdr', 'transaction_hash', 'transaction_index', 'operation_index', 'expiration_ledger_seq'];
      for (const name of [...unset, 'value_changed', 'balance_holder']) assert.equal(row[name], null, name);
    }
    assert.equal(requestedLedger(ledger).counts.notContractState, 2);
  });
}

test('an archived entry is told from one that is gone for good by its durability', () => {
  const rows = checkedRows(buildLedger({ evictedKeys: [keyOf(gone), keyOf(archived)] }));
  const durability = new Map(rows.map((row) => [row.key_xdr, row.contract_durability]));
  assert.equal(durability.get(base64(symbol('gone'))), 'ContractDataDurabilityTemporary');
  assert.equal(durability.get(base64(symbol('archived'))), 'ContractDataDurabilityPersistent');
});

test('an evicted entry that is given whole keeps its columns', () => {
  const held = balance(id(1), id(2), 5n, { modified: 4 });
  const ledger = buildLedger({ version: 1, evictedEntries: [archived, held], evictedKeys: [keyOf(gone)] });
  const rows = checkedRows(ledger);
  assert.deepEqual(
    new Set(pick(rows, 'change_type', 'deleted', 'val_xdr', 'last_modified_ledger', 'balance')),
    new Set([
      ['evicted', true, base64(u32(9)), 3, null],
      ['evicted', true, null, 1000, null],
      ['evicted', true, base64(held.data().contractData().val()), 4, '5'],
    ]),
  );
  assert.deepEqual(pick(rows, 'change_index').flat(), [0, 1, 2]);
});

test('an evicted balance is not lost to its holder: the key alone names holder and asset', () => {
  const usdc = entries.credit('USDC', 50);
  const holder = StrKey.encodeContract(id(2));
  const keys = [
    keyOf(balance(entries.assetContract(usdc), id(2), 1n)),
    keyOf(balance(entries.assetContract(Asset.native()), id(2), 1n)),
    keyOf(balance(id(1), id(2), 1n)),
    keyOf(data({ contract: entries.assetContract(Asset.native()), key: INSTANCE_KEY })),
    keyOf(data({ contract: entries.assetContract(Asset.native()), key: symbol('other') })),
  ];
  const rows = checkedRows(buildLedger({ evictedKeys: keys }), [usdc]);
  const columns = ['balance_holder', 'asset_type', 'asset_code', 'asset_contract_id', 'balance', 'balance_i128'];
  assert.deepEqual(
    new Set(pick(rows, ...columns)),
    new Set([
      [holder, 'credit_alphanum4', 'USDC', usdc.contractId(entries.TEST_PASSPHRASE), null, null],
      [holder, 'native', null, Asset.native().contractId(entries.TEST_PASSPHRASE), null, null],
      [holder, null, null, null, null, null],
      [null, 'native', null, Asset.native().contractId(entries.TEST_PASSPHRASE), null, null],
      [null, null, null, null, null, null],
    ]),
  );
});

test('a ledger without transactions still delivers its evictions', () => {
  assert.equal(checkedRows(buildLedger({ version: 1, evictedKeys: [keyOf(gone)] })).length, 1);
});

test('evictions of the ttl table are TTL keys alone, without a live-until ledger', () => {
  const hash = entries.keyHashOf(gone);
  const ledger = buildLedger({ evictedKeys: [keyOf(gone), keyOf(ttl(hash, 1)), codeKey(id(5))] });
  const rows = requestedRows(ledger, { table: 'ttl' });
  const columns = [
    'key_hash',
    'change_type',
    'deleted',
    'live_until_ledger_seq',
    'last_modified_ledger',
    'change_index',
  ];
  assert.deepEqual(pick(rows, ...columns), [[hash.toString('hex'), 'evicted', true, null, 1000, 0]]);
  assert.deepEqual(pick(rows, 'transaction_hash', 'transaction_index', 'operation_index'), [[null, null, null]]);
});
