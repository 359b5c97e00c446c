import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Asset, StrKey, xdr } from '@stellar/stellar-base';
import { checkedRows, decodedColumns, pick } from '../support/checked-rows.js';
import * as entries from '../support/contract-entries.js';
import {
  ASSET_INFO,
  assetContract,
  assetInstance,
  balance,
  balanceKey,
  balanceValue,
  created,
  creditInfo,
  data,
  i128,
  id,
  INSTANCE_KEY,
  instanceValue,
  mapOf,
  NATIVE_INFO,
  removed,
  state,
  stellarAssetExecutable,
  symbol,
  TEST_PASSPHRASE,
  u32,
  updated,
} from '../support/contract-entries.js';
import { ledgerOf } from '../support/ledger-builder.js';

const ASSET_COLUMNS = ['asset_code', 'asset_issuer', 'asset_type', 'asset_contract_id'];
const NO_ASSET = [[null, null, null, null]];
const usdc = entries.credit('USDC', 50);
const issuer = id(50);

const assetColumns = (asset: Asset): unknown[][] => [
  [
    asset.isNative() ? null : asset.getCode(),
    asset.isNative() ? null : asset.getIssuer(),
    asset.getAssetType(),
    asset.contractId(TEST_PASSPHRASE),
  ],
];

/** The asset columns of an instance whose storage is `storage`, in the contract of `asset`. */
function assetOf(asset: Asset, ...storage: (readonly [xdr.ScVal, xdr.ScVal])[]): unknown[][] {
  const val = instanceValue(stellarAssetExecutable(), ...storage);
  return pick(
    checkedRows(ledgerOf(created(data({ contract: assetContract(asset), key: INSTANCE_KEY, val })))),
    ...ASSET_COLUMNS,
  );
}

for (const asset of [
  usdc,
  entries.credit('X', 51),
  entries.credit('YIELD', 52),
  entries.credit('TWELVELETTER', 53),
  Asset.native(),
]) {
  test(`the instance of ${asset.getCode()} names its asset`, () => {
    assert.deepEqual(pick(checkedRows(ledgerOf(created(assetInstance(asset)))), ...ASSET_COLUMNS), assetColumns(asset));
  });
}

test('an instance is an asset whatever its executable, durability and other storage', () => {
  const wasm = xdr.ContractExecutable.contractExecutableWasm(id(60));
  const info = creditInfo('AlphaNum4', 'USDC', issuer);
  const val = instanceValue(
    wasm,
    [symbol('Admin'), u32(1)],
    [xdr.ScVal.scvVec([symbol('Admin')]), u32(2)],
    [ASSET_INFO, info],
  );
  const contract = assetContract(usdc);
  const rows = checkedRows(ledgerOf(created(data({ contract, key: INSTANCE_KEY, val, durability: 'temporary' }))));
  assert.deepEqual(pick(rows, ...ASSET_COLUMNS), assetColumns(usdc));
  assert.deepEqual(pick(rows, 'contract_instance_type', 'contract_instance_wasm_hash'), [
    ['wasm', id(60).toString('hex')],
  ]);
});

test('a contract that claims an asset which is not its own is not believed', () => {
  assert.deepEqual(pick(checkedRows(ledgerOf(created(assetInstance(usdc, id(1))))), ...ASSET_COLUMNS), NO_ASSET);
  assert.deepEqual(
    pick(checkedRows(ledgerOf(created(assetInstance(Asset.native(), id(1))))), ...ASSET_COLUMNS),
    NO_ASSET,
  );
  assert.deepEqual(assetOf(usdc, [ASSET_INFO, NATIVE_INFO]), NO_ASSET);
  assert.deepEqual(assetOf(Asset.native(), [ASSET_INFO, creditInfo('AlphaNum4', 'USDC', issuer)]), NO_ASSET);
});

const map = (...pairs: (readonly [xdr.ScVal, xdr.ScVal])[]): xdr.ScVal =>
  xdr.ScVal.scvVec([symbol('AlphaNum4'), mapOf(...pairs)]);
const code = [symbol('asset_code'), xdr.ScVal.scvString('USDC')] as const;
const issued = [symbol('issuer'), xdr.ScVal.scvBytes(issuer)] as const;

const malformed: [string, xdr.ScVal][] = [
  ['an empty code', creditInfo('AlphaNum4', '', issuer)],
  ['a code of 13 bytes', creditInfo('AlphaNum12', 'THIRTEENBYTES', issuer)],
  ['an issuer of 31 bytes', creditInfo('AlphaNum4', 'USDC', issuer.subarray(1))],
  ['an issuer of 33 bytes', creditInfo('AlphaNum4', 'USDC', Buffer.concat([issuer, issuer.subarray(0, 1)]))],
  ['no issuer', creditInfo('AlphaNum4', 'USDC', Buffer.alloc(0))],
  ['a code that is not UTF-8', creditInfo('AlphaNum4', Buffer.from([0xff, 0xfe, 0xc0, 0x80]), issuer)],
  ['another arm', creditInfo('AlphaNum5', 'USDC', issuer)],
  ['issuer before code', map(issued, code)],
  ['a third entry', map(code, issued, [symbol('more'), u32(1)])],
  ['a code alone', map(code)],
  ['a symbol for a code', map([code[0], symbol('USDC')], issued)],
  ['a string for an issuer', map(code, [issued[0], xdr.ScVal.scvString(issuer)])],
  ['a symbol in place of the vec', symbol('AlphaNum4')],
  ['a vec that is absent', xdr.ScVal.scvVec(null)],
  ['an empty vec', xdr.ScVal.scvVec([])],
  ['a map that is absent', xdr.ScVal.scvVec([symbol('AlphaNum4'), xdr.ScVal.scvMap(null)])],
  ['a third element', xdr.ScVal.scvVec([symbol('AlphaNum4'), mapOf(code, issued), u32(1)])],
  ['an arm without its map', xdr.ScVal.scvVec([symbol('AlphaNum4')])],
  ['Native with a second element', xdr.ScVal.scvVec([symbol('Native'), u32(1)])],
];
for (const [what, info] of malformed) {
  test(`forged asset info gives nulls, and throws nothing: ${what}`, () => {
    assert.deepEqual(assetOf(usdc, [ASSET_INFO, info]), NO_ASSET);
    assert.deepEqual(assetOf(Asset.native(), [ASSET_INFO, info]), NO_ASSET);
  });
}

test('asset info counts only in an instance, and under its exact key', () => {
  const info = creditInfo('AlphaNum4', 'USDC', issuer);
  assert.deepEqual(assetOf(usdc, [symbol('AssetInfo'), info]), NO_ASSET);
  assert.deepEqual(assetOf(usdc, [xdr.ScVal.scvVec([symbol('AssetInfo'), symbol('x')]), info]), NO_ASSET);
  assert.deepEqual(assetOf(usdc), NO_ASSET);
  const val = instanceValue(stellarAssetExecutable(), [ASSET_INFO, info]);
  for (const change of [
    data({ contract: assetContract(usdc), val }),
    data({ contract: assetContract(usdc), key: INSTANCE_KEY, val: info }),
  ]) {
    const rows = checkedRows(ledgerOf(created(change)));
    assert.deepEqual(pick(rows, ...ASSET_COLUMNS, 'contract_instance_type'), [[null, null, null, null, null]]);
  }
});

test('of two asset infos the first counts', () => {
  const good = creditInfo('AlphaNum4', 'USDC', issuer);
  const bad = creditInfo('AlphaNum4', 'EURC', issuer);
  assert.deepEqual(assetOf(usdc, [ASSET_INFO, good], [ASSET_INFO, bad]), assetColumns(usdc));
  assert.deepEqual(assetOf(usdc, [ASSET_INFO, bad], [ASSET_INFO, good]), NO_ASSET);
});

test('NULs are stripped from a code, whose length in bytes still gives the type', () => {
  const rows = ledgerOf(
    created(
      data({
        contract: assetContract(entries.credit('USD', 50)),
        key: INSTANCE_KEY,
        val: instanceValue(stellarAssetExecutable(), [ASSET_INFO, creditInfo('AlphaNum4', 'USD\0', issuer)]),
      }),
    ),
  );
  // stellar-base's Asset knows no NULs, so the oracle does not speak here.
  assert.deepEqual(decodedColumns(rows, ...ASSET_COLUMNS), assetColumns(entries.credit('USD', 50)));
});

const AMOUNTS = [0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 127n - 1n];
for (const amount of AMOUNTS) {
  test(`a balance of ${amount} is exact, and in balance only where it fits`, () => {
    const rows = checkedRows(ledgerOf(created(balance(id(1), id(2), amount))));
    const fits = amount < 2n ** 63n ? amount.toString() : null;
    assert.deepEqual(pick(rows, 'balance_holder', 'balance', 'balance_i128'), [
      [StrKey.encodeContract(id(2)), fits, amount.toString()],
    ]);
  });
}

const authorized = [symbol('authorized'), xdr.ScVal.scvBool(true)] as const;
const clawback = [symbol('clawback'), xdr.ScVal.scvBool(false)] as const;
const amount = [symbol('amount'), i128(5n)] as const;
const lookAlikes: [string, xdr.ScVal, xdr.ScVal][] = [
  ['negative', balanceKey(id(2)), balanceValue(-1n)],
  ['most negative', balanceKey(id(2)), balanceValue(-(2n ** 127n))],
  ['another order', balanceKey(id(2)), mapOf(amount, clawback, authorized)],
  ['a fourth entry', balanceKey(id(2)), mapOf(amount, authorized, clawback, [symbol('z'), u32(1)])],
  ['a missing entry', balanceKey(id(2)), mapOf(amount, authorized)],
  [
    'a u128 amount',
    balanceKey(id(2)),
    mapOf(
      [amount[0], xdr.ScVal.scvU128(new xdr.UInt128Parts({ hi: new xdr.Uint64(0), lo: new xdr.Uint64(5) }))],
      authorized,
      clawback,
    ),
  ],
  ['a flag that is a number', balanceKey(id(2)), mapOf(amount, [authorized[0], u32(1)], clawback)],
  ['a bare amount', balanceKey(id(2)), i128(5n)],
  ['an absent map', balanceKey(id(2)), xdr.ScVal.scvMap(null)],
  ['an account as holder', balanceKey(entries.accountAddress(id(2))), balanceValue(5n)],
  [
    'another key',
    xdr.ScVal.scvVec([symbol('balance'), xdr.ScVal.scvAddress(entries.contractAddress(id(2)))]),
    balanceValue(5n),
  ],
  [
    'a longer key',
    xdr.ScVal.scvVec([symbol('Balance'), xdr.ScVal.scvAddress(entries.contractAddress(id(2))), u32(1)]),
    balanceValue(5n),
  ],
  [
    'a key that is a string',
    xdr.ScVal.scvVec([xdr.ScVal.scvString('Balance'), xdr.ScVal.scvAddress(entries.contractAddress(id(2)))]),
    balanceValue(5n),
  ],
];
for (const [what, key, val] of lookAlikes) {
  test(`what looks like a balance but is none is not called one: ${what}`, () => {
    const rows = checkedRows(ledgerOf(created(data({ contract: assetContract(Asset.native()), key, val }))));
    const columns = ['balance_holder', 'balance', 'balance_i128', ...ASSET_COLUMNS];
    assert.deepEqual(pick(rows, ...columns), [[null, null, null, null, null, null, null]]);
  });
}

test('a balance carries its asset where the contract is that of a known one, and only there', () => {
  const eurc = entries.credit('EURC', 50);
  const of = (contract: Buffer): unknown[][] =>
    pick(
      checkedRows(ledgerOf(created(balance(contract, id(2), 5n))), [usdc, entries.credit('LONGERCODE', 3)]),
      ...ASSET_COLUMNS,
    );
  assert.deepEqual(of(assetContract(usdc)), assetColumns(usdc));
  assert.deepEqual(of(assetContract(Asset.native())), assetColumns(Asset.native()));
  assert.deepEqual(of(assetContract(eurc)), NO_ASSET);
  assert.deepEqual(of(id(1)), NO_ASSET);
});

test('a removed row takes instance, balance and asset from the pre-image', () => {
  const held = balance(assetContract(Asset.native()), id(2), 5n, { modified: 3 });
  const instance = assetInstance(usdc);
  const rows = checkedRows(ledgerOf(state(held), removed(held), state(instance), removed(instance)));
  assert.deepEqual(
    new Set(pick(rows, 'balance_i128', 'last_modified_ledger', 'asset_code', 'asset_type', 'contract_instance_type')),
    new Set([
      ['5', 3, null, 'native', null],
      [null, 7, 'USDC', 'credit_alphanum4', 'stellar_asset'],
    ]),
  );
});

test('the previous balance is exact too, and that of a removal is its own', () => {
  const [before, after] = [balance(id(1), id(2), 2n ** 100n), balance(id(1), id(2), 3n)];
  const columns = ['change_type', 'balance_i128', 'prev_balance_i128'];
  const ledger = ledgerOf(
    state(before),
    updated(after),
    created(balance(id(1), id(3), 1n)),
    state(data()),
    updated(data()),
  );
  const of = (bytes: Buffer): unknown[][] => decodedColumns(bytes, ...columns);
  assert.deepEqual(
    new Set(of(ledger)),
    new Set([
      ['updated', '3', (2n ** 100n).toString()],
      ['created', '1', null],
      ['updated', null, null],
    ]),
  );
  assert.deepEqual(of(ledgerOf(state(before), removed(before))), [
    ['removed', (2n ** 100n).toString(), (2n ** 100n).toString()],
  ]);
});

test('a previous balance is not lost where the new value is none', () => {
  const before = balance(id(1), id(2), 8n);
  const after = data({ key: balanceKey(id(2)), val: u32(1) });
  assert.deepEqual(decodedColumns(ledgerOf(state(before), updated(after)), 'balance_i128', 'prev_balance_i128'), [
    [null, '8'],
  ]);
});
