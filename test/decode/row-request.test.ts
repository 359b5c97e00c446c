import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StrKey } from '@stellar/stellar-base';
import { parseRowRequest, requestWarnings } from '../../src/request/row-request.js';
import { ProcessorError } from '../../workers/errors.js';
import { id, TEST_PASSPHRASE } from '../support/contract-entries.js';

const contract = StrKey.encodeContract(id(1));
const account = StrKey.encodeEd25519PublicKey(id(1));
const parse = (json: unknown): ReturnType<typeof parseRowRequest> => parseRowRequest(json, TEST_PASSPHRASE);

/** Bad request, and what its message must name. */
const bad: [unknown, string][] = [
  [{ tabel: 'ttl' }, 'tabel'],
  [{ filters: { contract_id: [contract] } }, 'contract_id'],
  [{ table: 'events' }, 'table'],
  [{ filters: { contract_ids: contract } }, 'filters.contract_ids'],
  [{ filters: { contract_ids: [account] } }, 'filters.contract_ids[0]'],
  [{ filters: { contract_ids: [contract, `${contract.slice(0, -1)}A`] } }, 'filters.contract_ids[1]'],
  [{ filters: { balance_holders: [account] } }, 'filters.balance_holders[0]'],
  [{ filters: { asset_issuers: [contract] } }, 'filters.asset_issuers[0]'],
  [{ filters: { asset_codes: [''] } }, 'filters.asset_codes[0]'],
  [{ filters: { asset_codes: ['THIRTEENCHARS'] } }, 'filters.asset_codes[0]'],
  [{ filters: { asset_codes: ['US DC'] } }, 'filters.asset_codes[0]'],
  [{ filters: { min_balance: 5 } }, 'filters.min_balance'],
  [{ filters: { min_balance: '5.0' } }, 'filters.min_balance'],
  [{ filters: { min_balance: '' } }, 'filters.min_balance'],
  [{ filters: { min_balance: '0x10' } }, 'filters.min_balance'],
  [{ filters: { min_balance: (2n ** 127n).toString() } }, 'filters.min_balance'],
  [{ filters: { modified_after_ledger: -1 } }, 'filters.modified_after_ledger'],
  [{ filters: { modified_after_ledger: 1.5 } }, 'filters.modified_after_ledger'],
  [{ filters: { modified_after_ledger: 2 ** 32 } }, 'filters.modified_after_ledger'],
  [{ filters: { modified_after_ledger: '5' } }, 'filters.modified_after_ledger'],
  [{ filters: { key_types: ['ScValTypeScvvec'] } }, 'filters.key_types[0]'],
  [{ filters: { durabilities: ['persistent'] } }, 'filters.durabilities[0]'],
  [{ filters: { change_types: ['state'] } }, 'filters.change_types[0]'],
  [{ filters: { changed_only: 'true' } }, 'filters.changed_only'],
  [{ filters: { include_deleted: 1 } }, 'filters.include_deleted'],
  [{ filters: [] }, 'filters'],
  [{ columns: [] }, 'columns'],
  [{ columns: ['contract_id', 'nonsense'] }, 'columns'],
  [{ columns: ['contract_id', 'contract_id'] }, 'columns'],
  [{ columns: ['default', 'val_xdr'] }, 'columns'],
  [{ table: 'ttl', columns: ['contract_id'] }, 'columns'],
  [{ batch_size: -1 }, 'batch_size'],
  [{ batch_size: 1_000_001 }, 'batch_size'],
  [{ batch_size: 2.5 }, 'batch_size'],
  [{ compact: 'yes' }, 'compact'],
  [{ known_assets: ['USDC'] }, 'known_assets[0]'],
  [{ known_assets: [`USDC:${contract}`] }, 'known_assets[0]'],
  [{ known_assets: [`USDC:${account}:x`] }, 'known_assets[0]'],
  [{ int_types: 'int64' }, 'int_types'],
  [{ table: 'ttl', filters: { contract_ids: [contract] } }, 'filters.contract_ids'],
  [{ table: 'ttl', filters: { asset_codes: ['USDC'] } }, 'filters.asset_codes'],
  [{ table: 'ttl', filters: { asset_issuers: [account] } }, 'filters.asset_issuers'],
  [{ table: 'ttl', filters: { balance_holders: [contract] } }, 'filters.balance_holders'],
  [{ table: 'ttl', filters: { min_balance: '5' } }, 'filters.min_balance'],
  [{ table: 'ttl', filters: { key_types: ['ScValTypeScvVec'] } }, 'filters.key_types'],
  [{ table: 'ttl', filters: { durabilities: ['ContractDataDurabilityTemporary'] } }, 'filters.durabilities'],
  [{ table: 'ttl', filters: { changed_only: true } }, 'filters.changed_only'],
  [{ table: 'ttl', compact: true }, 'compact'],
];

for (const [json, name] of bad) {
  test(`the request ${JSON.stringify(json).slice(0, 90)} is refused by name`, () => {
    assert.throws(
      () => parse(json),
      (error) => {
        assert.ok(error instanceof ProcessorError);
        assert.equal(error.code, 'REQUEST_INVALID');
        assert.ok(error.message.includes(name), error.message);
        assert.match(error.place.key ?? '', new RegExp(name.replace(/\W.*$/, '')), 'the place names the key as well');
        return true;
      },
    );
  });
}

test('a request that is no object is refused', () => {
  for (const json of [null, [], 'x', 5, undefined]) {
    assert.throws(
      () => parse(json),
      (error) => error instanceof ProcessorError && error.code === 'REQUEST_INVALID',
    );
  }
});

test('two faults are both named', () => {
  assert.throws(
    () => parse({ batch_size: -1, filters: { min_balance: 5 } }),
    /batch_size.*min_balance|min_balance.*batch_size/,
  );
});

test('empty lists are as good as absent ones, for the ttl table too', () => {
  assert.deepEqual(parse({ filters: { contract_ids: [], key_types: [] } }), parse({}));
  assert.deepEqual(parse({ table: 'ttl', filters: { contract_ids: [] } }), parse({ table: 'ttl' }));
});

test('a batch_size of 0 is the default', () => {
  assert.equal(parseRowRequest({ batch_size: 0 }, TEST_PASSPHRASE, 123).batchRows, 123);
  assert.equal(parse({ batch_size: 5 }).batchRows, 5);
});

test('columns keep the order they are asked for in', () => {
  const columns = ['val_xdr', 'contract_id', 'prev_val_xdr'];
  assert.deepEqual(parse({ columns }).columns, columns);
  assert.deepEqual(parse({ columns: ['prev_val_xdr', 'default'] }).columns.slice(0, 2), [
    'prev_val_xdr',
    'contract_id',
  ]);
  assert.deepEqual(new Set(parse({ columns: ['all'] }).columns).size, 31);
});

test('the bounds of a 128-bit minimum are legal', () => {
  for (const min_balance of [(2n ** 127n - 1n).toString(), (-(2n ** 127n)).toString(), '0']) {
    assert.equal(parse({ filters: { min_balance } }).filters.minBalance, min_balance);
  }
});

test('a code of which no asset is known is warned about, others are not', () => {
  const warnings = (json: unknown): string[] => requestWarnings(parse(json));
  assert.match(warnings({ filters: { asset_codes: ['USDC'] } }).join(), /USDC/);
  assert.deepEqual(warnings({ filters: { asset_codes: ['USDC'], asset_issuers: [account] } }), []);
  assert.deepEqual(warnings({ filters: { asset_codes: ['USDC', 'native'] }, known_assets: [`USDC:${account}`] }), []);
  assert.deepEqual(warnings({ filters: { asset_issuers: [account] } }), []);
});
