/**
 * Shapes: the kinds of ledger entries that the simulated contracts keep.
 *
 * A shape gives key and value of an entry with fields where entries of that shape differ. Layouts that others look for
 * are exact: balances and instances as the Stellar Asset Contract writes them (CAP-46-06, rs-soroban-env
 * `builtin_contracts/stellar_asset_contract`), nonces as the host writes them (CAP-46-11).
 */
import { type Asset, xdr } from '@stellar/stellar-base';
import { accountAddress, contractAddress, type Field, int32, int64, opaque, uint32, uint64 } from './field.js';
import { type RowFields, TRANSACTION, type ValueFields } from './transaction-fields.js';

export interface EntryShape {
  readonly ledgerKey: (row: RowFields) => xdr.LedgerKey;
  /** The entry with the value given: the row's old or new one. */
  readonly data: (row: RowFields, value: ValueFields) => xdr.LedgerEntryData;
  /** False for what gives no contract-data row: nonces, and entries that are not contract data. */
  readonly isContractDataRow: boolean;
}

type Key = (row: RowFields) => xdr.ScVal;
type Value = (value: ValueFields) => xdr.ScVal;

const { ScVal, ContractDataDurability } = xdr;

export const symbol = (text: string): xdr.ScVal => ScVal.scvSymbol(text);
export const i128 = (field: Field): xdr.ScVal => ScVal.scvI128(xdr.Int128Parts.fromXDR(opaque(field, 4)));
const u32 = (field: Field): xdr.ScVal => ScVal.scvU32(uint32(field));
const u64 = (field: Field): xdr.ScVal => ScVal.scvU64(uint64(field));
const bytes = (field: Field): xdr.ScVal => ScVal.scvBytes(opaque(field));
const contract = (field: Field): xdr.ScVal => ScVal.scvAddress(contractAddress(field));
const account = (field: Field): xdr.ScVal => ScVal.scvAddress(accountAddress(field));
const vec = (...items: xdr.ScVal[]): xdr.ScVal => ScVal.scvVec(items);

/** A map with symbol keys; the host keeps them sorted, so write them sorted. */
const map = (entries: Record<string, xdr.ScVal>): xdr.ScVal =>
  ScVal.scvMap(Object.entries(entries).map(([key, val]) => new xdr.ScMapEntry({ key: symbol(key), val })));

function contractData(
  durability: 'persistent' | 'temporary',
  key: Key,
  value: Value,
  owner: (row: RowFields) => xdr.ScAddress = (row) => contractAddress(row.contract),
): EntryShape {
  const common = (row: RowFields) => ({
    contract: owner(row),
    key: key(row),
    durability: ContractDataDurability[durability](),
  });
  return {
    ledgerKey: (row) => xdr.LedgerKey.contractData(new xdr.LedgerKeyContractData(common(row))),
    data: (row, fields) =>
      xdr.LedgerEntryData.contractData(
        new xdr.ContractDataEntry({ ext: new xdr.ExtensionPoint(0), ...common(row), val: value(fields) }),
      ),
    isContractDataRow: true,
  };
}

const persistent = (key: Key, value: Value): EntryShape => contractData('persistent', key, value);
const temporary = (key: Key, value: Value): EntryShape => contractData('temporary', key, value);

const instanceKey: Key = () => ScVal.scvLedgerKeyContractInstance();
const executable = () => xdr.ContractExecutable.contractExecutableWasm(opaque(TRANSACTION.code));
const mapEntry = (key: xdr.ScVal, val: xdr.ScVal) => new xdr.ScMapEntry({ key, val });

/** The instance of a WebAssembly contract, with its instance storage. */
const instance = persistent(instanceKey, (value) =>
  ScVal.scvContractInstance(
    new xdr.ScContractInstance({
      executable: executable(),
      storage: [
        mapEntry(vec(symbol('Admin')), contract(TRANSACTION.contract)),
        mapEntry(
          vec(symbol('Fees')),
          map({ maker: ScVal.scvU32(5), protocol: u32(value.raw), taker: ScVal.scvU32(30) }),
        ),
        mapEntry(vec(symbol('Name')), ScVal.scvString('Simulated contract')),
        mapEntry(vec(symbol('Oracle')), contract(TRANSACTION.code)),
        mapEntry(vec(symbol('Paused')), ScVal.scvBool(false)),
        mapEntry(vec(symbol('Reserve0')), i128(value.amount)),
        mapEntry(vec(symbol('Reserve1')), u64(value.raw)),
      ],
    }),
  ),
);

/** The instance of a contract without instance storage. */
const bareInstance = persistent(instanceKey, () =>
  ScVal.scvContractInstance(new xdr.ScContractInstance({ executable: executable(), storage: null })),
);

/** The instance of an asset's contract; what may change is who administers it; nobody does the native one. */
export function assetInstance(asset: Asset): EntryShape {
  const name = asset.isNative() ? 'native' : `${asset.getCode()}:${asset.getIssuer()}`;
  return persistent(instanceKey, (value) =>
    ScVal.scvContractInstance(
      new xdr.ScContractInstance({
        executable: xdr.ContractExecutable.contractExecutableStellarAsset(),
        storage: [
          mapEntry(
            symbol('METADATA'),
            map({ decimal: ScVal.scvU32(7), name: ScVal.scvString(name), symbol: ScVal.scvString(asset.getCode()) }),
          ),
          ...(asset.isNative() ? [] : [mapEntry(vec(symbol('Admin')), account(value.raw))]),
          mapEntry(vec(symbol('AssetInfo')), assetInfo(asset)),
        ],
      }),
    ),
  );
}

function assetInfo(asset: Asset): xdr.ScVal {
  if (asset.isNative()) return vec(symbol('Native'));
  const variant = asset.getCode().length <= 4 ? 'AlphaNum4' : 'AlphaNum12';
  const issuer = asset.toXDRObject().value() as xdr.AlphaNum4 | xdr.AlphaNum12;
  return vec(
    symbol(variant),
    map({ asset_code: ScVal.scvString(asset.getCode()), issuer: ScVal.scvBytes(issuer.issuer().ed25519()) }),
  );
}

const balanceKey: Key = (row) => vec(symbol('Balance'), contract(row.id));
const balanceValue = (amount: xdr.ScVal): xdr.ScVal =>
  map({ amount, authorized: ScVal.scvBool(true), clawback: ScVal.scvBool(false) });

const nonce: EntryShape = {
  ...contractData(
    'temporary',
    (row) => ScVal.scvLedgerKeyNonce(new xdr.ScNonceKey({ nonce: int64(row.id) })),
    () => ScVal.scvVoid(),
    () => accountAddress(TRANSACTION.source),
  ),
  isContractDataRow: false,
};

/** A module that does nothing, in the size of a small contract: the header of WebAssembly and a custom section. */
const MODULE = Buffer.concat([Buffer.from('\0asm\x01\0\0\0\0\xfd\x03\x04note', 'latin1'), Buffer.alloc(504, '.')]);

/** The code of the called contract. Its hash is a random one, not that of the bytes. */
const code: EntryShape = {
  ledgerKey: () => xdr.LedgerKey.contractCode(new xdr.LedgerKeyContractCode({ hash: opaque(TRANSACTION.code) })),
  data: () =>
    xdr.LedgerEntryData.contractCode(
      new xdr.ContractCodeEntry({
        ext: new xdr.ContractCodeEntryExt(0),
        hash: opaque(TRANSACTION.code),
        code: MODULE,
      }),
    ),
  isContractDataRow: false,
};

/** Vectors in maps in vectors, as deep as real contracts go and then some. */
function nested(levels: number, inner: xdr.ScVal): xdr.ScVal {
  return levels === 0 ? inner : vec(map({ depth: ScVal.scvU32(levels), inner: nested(levels - 1, inner) }));
}

const position: Value = (value) =>
  map({
    borrowed: i128(value.amount),
    collateral: vec(vec(ScVal.scvU32(0), i128(value.amount)), vec(ScVal.scvU32(1), u64(value.raw))),
    opened_by: account(TRANSACTION.source),
    updated: ScVal.scvTimepoint(uint64(value.raw)),
  });

export const SHAPES = {
  instance,
  bareInstance,
  /** A balance that a contract holds in an asset: the Stellar Asset Contract's own layout. */
  balance: persistent(balanceKey, (value) => balanceValue(i128(value.amount))),
  /** The same layout in somebody else's contract, where amounts may be negative. */
  lookAlikeBalance: persistent(balanceKey, (value) => balanceValue(i128(value.signed))),
  nonce,
  code,
  reserve: persistent(
    (row) => vec(symbol('Reserve'), contract(row.id)),
    (value) =>
      map({
        b_rate: i128(value.amount),
        b_supply: i128(value.amount),
        backstop_credit: i128(value.signed),
        d_rate: u64(value.raw),
        d_supply: i128(value.amount),
        interest: vec(u32(value.raw), ScVal.scvU32(7_500_000), ScVal.scvU32(500_000), ScVal.scvU32(15_000_000)),
        last_time: u64(value.raw),
        oracle: contract(value.raw),
      }),
  ),
  position: persistent((row) => vec(symbol('Position'), account(row.id), u32(row.id)), position),
  config: persistent(
    () => symbol('Config'),
    (value) => map({ fee: u32(value.raw), oracle: contract(value.raw), owner: account(value.raw) }),
  ),
  byU32: persistent(
    (row) => u32(row.id),
    (value) => i128(value.signed),
  ),
  byI32: persistent(
    (row) => ScVal.scvI32(int32(row.id)),
    (value) => ScVal.scvI32(int32(value.raw)),
  ),
  byU64: persistent(
    (row) => u64(row.id),
    (value) => vec(u64(value.raw), u64(value.raw), account(value.raw)),
  ),
  byI64: persistent(
    (row) => ScVal.scvI64(int64(row.id)),
    (value) => ScVal.scvI64(int64(value.raw)),
  ),
  byI128: persistent(
    (row) => i128(row.id),
    (value) => vec(i128(value.amount), i128(value.signed)),
  ),
  byU128: persistent(
    (row) => ScVal.scvU128(xdr.UInt128Parts.fromXDR(opaque(row.id, 4))),
    (value) => ScVal.scvU128(xdr.UInt128Parts.fromXDR(opaque(value.raw, 4))),
  ),
  byI256: persistent(
    (row) => ScVal.scvI256(xdr.Int256Parts.fromXDR(opaque(row.id))),
    (value) => nested(4, i128(value.amount)),
  ),
  byU256: persistent(
    (row) => ScVal.scvU256(xdr.UInt256Parts.fromXDR(opaque(row.id))),
    (value) => ScVal.scvU256(xdr.UInt256Parts.fromXDR(opaque(value.raw))),
  ),
  byBytes: persistent(
    (row) => bytes(row.id),
    (value) => ScVal.scvBytes(Buffer.concat([opaque(value.raw), Buffer.alloc(31, 7)])),
  ),
  byString: persistent(
    (row) => ScVal.scvString(Buffer.concat([Buffer.from('name of '), opaque(row.id, 2), Buffer.from(' "\\\n')])),
    (value) => ScVal.scvString(Buffer.concat([Buffer.from('text"\\\0 '), opaque(value.raw, 3)])),
  ),
  byAddress: persistent(
    (row) => account(row.id),
    (value) => ScVal.scvDuration(uint64(value.raw)),
  ),
  byContract: persistent(
    (row) => contract(row.id),
    (value) => contract(value.raw),
  ),
  byMap: persistent((row) => map({ asset: contract(row.id), kind: symbol('Stellar') }), position),
  byTimepoint: persistent(
    (row) => ScVal.scvTimepoint(uint64(row.id)),
    () => ScVal.scvVoid(),
  ),
  byDuration: persistent(
    (row) => ScVal.scvDuration(uint64(row.id)),
    (value) => map({ raw: bytes(value.raw) }),
  ),
  byError: persistent(
    (row) => ScVal.scvError(xdr.ScError.sceContract(uint32(row.id))),
    (value) => u32(value.raw),
  ),
  byBool: persistent(
    () => ScVal.scvBool(true),
    (value) => bytes(value.raw),
  ),
  byVoid: persistent(
    () => ScVal.scvVoid(),
    () => ScVal.scvBool(false),
  ),
  allowance: temporary(
    (row) => vec(symbol('Allowance'), map({ from: account(TRANSACTION.source), spender: contract(row.id) })),
    (value) => map({ amount: i128(value.amount), live_until_ledger: u32(value.raw) }),
  ),
  price: temporary(
    (row) => ScVal.scvU128(xdr.UInt128Parts.fromXDR(opaque(row.id, 4))),
    (value) => i128(value.amount),
  ),
  session: temporary(
    (row) => bytes(row.id),
    (value) => map({ expires: u64(value.raw), key: bytes(value.raw) }),
  ),
} satisfies Record<string, EntryShape>;
