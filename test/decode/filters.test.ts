import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Asset, StrKey, type xdr } from '@stellar/stellar-base';
import { requestedLedger, requestedRows } from '../support/checked-rows.js';
import * as entries from '../support/contract-entries.js';
import {
  assetContract,
  assetInstance,
  balance,
  created,
  data,
  id,
  INSTANCE_KEY,
  keyHashOf,
  keyOf,
  removed,
  state,
  symbol,
  ttl,
  updated,
} from '../support/contract-entries.js';
import { buildLedger, ledgerOf } from '../support/ledger-builder.js';

const usdc = entries.credit('USDC', 50);
const eurc = entries.credit('EURC', 50);
const [usdcContract, eurcContract, nativeContract] = [usdc, eurc, Asset.native()].map(assetContract) as [
  Buffer,
  Buffer,
  Buffer,
];
const holder = (n: number): Buffer => id(100 + n);
const strKey = (contract: Buffer): string => StrKey.encodeContract(contract);
const issuer = (n: number): string => StrKey.encodeEd25519PublicKey(id(n));
const KNOWN = [`USDC:${issuer(50)}`];

// Every row of the ledger by a name; the EURC contract is of an asset that nobody knows unless a filter names it whole.
const named = {
  usdc1: balance(usdcContract, holder(1), 100n),
  usdc2: balance(usdcContract, holder(2), 5n),
  usdc3: balance(usdcContract, holder(3), 1n),
  usdc4: balance(usdcContract, holder(4), 1n),
  native1: balance(nativeContract, holder(1), 60n),
  eurc1: balance(eurcContract, holder(1), 7n),
  eurc3: balance(eurcContract, holder(3), 7n),
  fake1: balance(id(1), holder(1), 999n),
  fake2: balance(id(1), holder(2), 999n),
  usdcInstance: assetInstance(usdc),
  eurcInstance: assetInstance(eurc),
  otherInstance: data({ contract: id(2), key: INSTANCE_KEY }),
  note: data({ contract: id(1), key: symbol('note'), durability: 'temporary' }),
} satisfies Record<string, xdr.LedgerEntry>;

const ledger = buildLedger({
  transactions: [
    { operations: [[created(named.usdc1), state(named.usdc2), updated(named.usdc2)]] },
    { operations: [[state(balance(nativeContract, holder(1), 50n)), updated(named.native1), created(named.eurc1)]] },
    { operations: [[created(named.fake1), created(named.usdcInstance), created(named.eurcInstance)]] },
    {
      operations: [
        [state(named.note), removed(named.note), state(named.usdc4), removed(named.usdc4)],
        [state(named.fake2), removed(named.fake2)],
      ],
    },
  ],
  evictedKeys: [keyOf(named.usdc3), keyOf(named.eurc3), keyOf(named.otherInstance)],
});
const nameOf = new Map(Object.entries(named).map(([name, entry]) => [keyHashOf(entry).toString('hex'), name]));
const ALL = Object.keys(named);
const DELETED = ['note', 'fake2', 'usdc3', 'usdc4', 'eurc3', 'otherInstance'];
/** Evicted keys that may be an asset's, nobody knows which. */
const UNKNOWN = ['eurc3', 'otherInstance'];
const USDC = ['usdc1', 'usdc2', 'usdc3', 'usdc4', 'usdcInstance'];

const except = (...names: string[]): string[] => ALL.filter((name) => !names.includes(name));

const cases: [string, Record<string, unknown>, string[]][] = [
  ['nothing', {}, ALL],
  ['one contract', { contract_ids: [strKey(usdcContract)] }, USDC],
  ['two contracts', { contract_ids: [strKey(usdcContract), strKey(id(1))] }, [...USDC, 'fake1', 'fake2', 'note']],
  ['a contract that is not there', { contract_ids: [strKey(id(77))] }, []],
  ['a holder', { balance_holders: [strKey(holder(1))] }, ['usdc1', 'native1', 'eurc1', 'fake1']],
  [
    'holders whose balances are deleted',
    { balance_holders: [holder(3), holder(4)].map(strKey) },
    ['usdc3', 'eurc3', 'usdc4'],
  ],
  ['a minimum', { min_balance: '60' }, ['usdc1', 'native1', 'fake1', ...DELETED]],
  ['a minimum above all', { min_balance: (2n ** 127n - 1n).toString() }, DELETED],
  ['a minimum of nothing', { min_balance: '0' }, except('usdcInstance', 'eurcInstance')],
  ['a negative minimum', { min_balance: '-5' }, except('usdcInstance', 'eurcInstance')],
  ['the code of a known asset', { asset_codes: ['USDC'] }, [...USDC, ...UNKNOWN]],
  ['a code without issuer', { asset_codes: ['EURC'] }, ['eurcInstance', ...UNKNOWN]],
  ['a code in other letters', { asset_codes: ['usdc'] }, UNKNOWN],
  ['native', { asset_codes: ['native'] }, ['native1', ...UNKNOWN]],
  ['an issuer', { asset_issuers: [issuer(50)] }, [...USDC, 'eurcInstance', ...UNKNOWN]],
  ['another issuer', { asset_issuers: [issuer(51)] }, UNKNOWN],
  ['native of an issuer', { asset_codes: ['native'], asset_issuers: [issuer(50)] }, UNKNOWN],
  [
    'code and issuer, which make an asset known',
    { asset_codes: ['EURC'], asset_issuers: [issuer(51), issuer(50)] },
    ['eurc1', 'eurc3', 'eurcInstance', 'otherInstance'],
  ],
  ['two codes', { asset_codes: ['native', 'USDC'] }, [...USDC, 'native1', ...UNKNOWN]],
  [
    'a key type',
    { key_types: ['ScValTypeScvLedgerKeyContractInstance'] },
    ['usdcInstance', 'eurcInstance', 'otherInstance'],
  ],
  [
    'key types',
    { key_types: ['ScValTypeScvSymbol', 'ScValTypeScvVec'] },
    except('usdcInstance', 'eurcInstance', 'otherInstance'),
  ],
  ['temporary entries', { durabilities: ['ContractDataDurabilityTemporary'] }, ['note']],
  ['persistent entries', { durabilities: ['ContractDataDurabilityPersistent'] }, except('note')],
  ['change types', { change_types: ['removed', 'evicted'] }, DELETED],
  ['no restored row is there', { change_types: ['restored'] }, []],
  ['changes of the value', { changed_only: true }, except('usdc2')],
  ['changes of the value, not asked for', { changed_only: false }, ALL],
  ['live rows', { include_deleted: false }, except(...DELETED)],
  ['ledgers after the one before', { modified_after_ledger: 999 }, ALL],
  ['ledgers after this one', { modified_after_ledger: 1000 }, []],
  ['empty lists', { contract_ids: [], asset_codes: [], change_types: [], key_types: [] }, ALL],
  ['holder and minimum', { balance_holders: [strKey(holder(1))], min_balance: '60' }, ['usdc1', 'native1', 'fake1']],
  [
    'holder, minimum and asset',
    { balance_holders: [strKey(holder(1)), strKey(holder(3))], min_balance: '60', asset_codes: ['USDC'] },
    ['usdc1', 'usdc3', 'eurc3'],
  ],
  ['contract and kind', { contract_ids: [strKey(usdcContract)], change_types: ['updated'], changed_only: true }, []],
];

for (const [what, filters, expected] of cases) {
  test(`the filter for ${what} passes exactly its rows, and moves no change_index`, () => {
    const request = { known_assets: KNOWN, filters };
    const { rows, skipped } = requestedLedger(ledger, request);
    const names = rows.map((row) => nameOf.get(row.ledger_key_hash as string));
    assert.deepEqual(new Set(names), new Set(expected));
    assert.equal(names.length, expected.length);
    assert.equal(skipped, ALL.length - expected.length);
    if (filters.asset_codes !== undefined && filters.asset_issuers !== undefined) return;
    const all = requestedRows(ledger, { known_assets: KNOWN });
    assert.deepEqual(
      rows,
      all.filter((row) => names.includes(nameOf.get(row.ledger_key_hash as string))),
    );
  });
}

test('a filter works though no column needs what it looks at', () => {
  const filters = { min_balance: '60', include_deleted: false };
  const rows = requestedRows(ledger, { columns: ['change_index'], filters });
  assert.equal(rows.length, 3);
});

test('an asset that a filter makes known is named on its balances', () => {
  const filters = { asset_codes: ['EURC'], asset_issuers: [issuer(50)], balance_holders: [strKey(holder(1))] };
  const rows = requestedRows(ledger, { columns: ['asset_code', 'asset_issuer'], filters });
  assert.deepEqual(rows, [{ asset_code: 'EURC', asset_issuer: issuer(50) }]);
});

test('an issued asset that calls itself native does not pass for the native one', () => {
  const impostor = entries.credit('native', 66);
  const bytes = ledgerOf(created(assetInstance(impostor)), created(assetInstance(Asset.native())));
  const rows = requestedRows(bytes, { columns: ['asset_type'], filters: { asset_codes: ['native'] } });
  assert.deepEqual(rows, [{ asset_type: 'native' }]);
});

test('changed_only keeps an update whose pre-image is missing', () => {
  const rows = requestedRows(ledgerOf(updated(data())), { filters: { changed_only: true } });
  assert.equal(rows.length, 1);
});

test('a removal whose pre-image is missing is not lost to holder, asset or minimum', () => {
  const bytes = ledgerOf(removed(named.usdc1), removed(named.usdcInstance), removed(named.note));
  const names = (filters: Record<string, unknown>, known_assets: string[] = []): unknown[] =>
    requestedRows(bytes, { filters, known_assets }).map((row) => nameOf.get(row.ledger_key_hash as string));
  assert.deepEqual(names({ balance_holders: [strKey(holder(1))], min_balance: '500' }), ['usdc1']);
  assert.deepEqual(new Set(names({ asset_codes: ['USDC'] })), new Set(['usdc1', 'usdcInstance']));
  assert.deepEqual(names({ asset_codes: ['EURC'] }, KNOWN), []);
});

test('the ttl table takes its three filters', () => {
  const keys = [1, 2, 3].map((n) => ttl(id(n), 50));
  const bytes = buildLedger({
    transactions: [{ operations: [[created(keys[0]!), updated(keys[1]!), removed(keys[2]!)]] }],
    evictedKeys: [keyOf(ttl(id(4), 1))],
  });
  const types = (filters: Record<string, unknown>): unknown[] => {
    const { rows, skipped } = requestedLedger(bytes, { table: 'ttl', filters });
    assert.equal(rows.length + skipped, 4);
    return rows.map((row) => row.change_type).sort();
  };
  assert.deepEqual(types({}), ['created', 'evicted', 'removed', 'updated']);
  assert.deepEqual(types({ change_types: ['evicted', 'created'] }), ['created', 'evicted']);
  assert.deepEqual(types({ include_deleted: false }), ['created', 'updated']);
  assert.deepEqual(types({ include_deleted: false, change_types: ['removed', 'updated'] }), ['updated']);
  assert.deepEqual(types({ modified_after_ledger: 999 }).length, 4);
  assert.deepEqual(types({ modified_after_ledger: 1000 }), []);
  const filtered = requestedRows(bytes, { table: 'ttl', filters: { change_types: ['updated'] } });
  const all = requestedRows(bytes, { table: 'ttl' });
  assert.deepEqual(
    filtered,
    all.filter((row) => row.change_type === 'updated'),
  );
});
