/** Ledger entries of contract data and time to live, and the changes they stand in, built by stellar-base. */
import { Asset, hash, StrKey, xdr } from '@stellar/stellar-base';

export const TEST_PASSPHRASE = 'Test SDF Network ; September 2015';

/** A 32-byte id that `n` tells apart: of a contract, an account or a piece of code. */
export function id(n: number): Buffer {
  return hash(Buffer.from(`id ${n}`));
}

export function contractAddress(contract: Buffer): xdr.ScAddress {
  return xdr.ScAddress.scAddressTypeContract(contract as unknown as xdr.ContractId);
}

export function accountAddress(key: Buffer): xdr.ScAddress {
  return xdr.ScAddress.scAddressTypeAccount(xdr.PublicKey.publicKeyTypeEd25519(key));
}

export const symbol = (text: string): xdr.ScVal => xdr.ScVal.scvSymbol(text);
export const u32 = (value: number): xdr.ScVal => xdr.ScVal.scvU32(value);

export function mapOf(...entries: (readonly [xdr.ScVal, xdr.ScVal])[]): xdr.ScVal {
  return xdr.ScVal.scvMap(entries.map(([key, val]) => new xdr.ScMapEntry({ key, val })));
}

export interface DataSpec {
  readonly contract?: Buffer | xdr.ScAddress;
  readonly key?: xdr.ScVal;
  readonly val?: xdr.ScVal;
  readonly durability?: 'persistent' | 'temporary';
  /** lastModifiedLedgerSeq. */
  readonly modified?: number;
}

/** A contract-data entry; the defaults are contract 1, key Symbol "key", value U32 0, persistent, ledger 7. */
export function data(spec: DataSpec = {}): xdr.LedgerEntry {
  const { contract = id(1), key = symbol('key'), val = u32(0), durability = 'persistent', modified = 7 } = spec;
  return entry(
    xdr.LedgerEntryData.contractData(
      new xdr.ContractDataEntry({
        ext: new xdr.ExtensionPoint(0),
        contract: Buffer.isBuffer(contract) ? contractAddress(contract) : contract,
        key,
        durability: xdr.ContractDataDurability[durability](),
        val,
      }),
    ),
    modified,
  );
}

export function ttl(keyHash: Buffer, liveUntilLedgerSeq: number, modified = 7): xdr.LedgerEntry {
  return entry(xdr.LedgerEntryData.ttl(new xdr.TtlEntry({ keyHash, liveUntilLedgerSeq })), modified);
}

/** An entry that is of no table. */
export function dataOfAccount(key: Buffer, name = 'note'): xdr.LedgerEntry {
  return entry(
    xdr.LedgerEntryData.data(
      new xdr.DataEntry({
        accountId: xdr.PublicKey.publicKeyTypeEd25519(key),
        dataName: name,
        dataValue: Buffer.from('x'),
        ext: new xdr.DataEntryExt(0),
      }),
    ),
    7,
  );
}

function entry(entryData: xdr.LedgerEntryData, modified: number): xdr.LedgerEntry {
  return new xdr.LedgerEntry({ lastModifiedLedgerSeq: modified, data: entryData, ext: new xdr.LedgerEntryExt(0) });
}

/** The LedgerKey of a contract-data or TTL entry. */
export function keyOf(of: xdr.LedgerEntry): xdr.LedgerKey {
  if (of.data().switch().name === 'ttl') {
    return xdr.LedgerKey.ttl(new xdr.LedgerKeyTtl({ keyHash: of.data().ttl().keyHash() }));
  }
  const from = of.data().contractData();
  return xdr.LedgerKey.contractData(
    new xdr.LedgerKeyContractData({ contract: from.contract(), key: from.key(), durability: from.durability() }),
  );
}

export function codeKey(codeHash: Buffer): xdr.LedgerKey {
  return xdr.LedgerKey.contractCode(new xdr.LedgerKeyContractCode({ hash: codeHash }));
}

/** What a TTL entry names a contract-data entry by. */
export function keyHashOf(of: xdr.LedgerEntry): Buffer {
  return hash(keyOf(of).toXDR());
}

export const created = (of: xdr.LedgerEntry): xdr.LedgerEntryChange => xdr.LedgerEntryChange.ledgerEntryCreated(of);
export const updated = (of: xdr.LedgerEntry): xdr.LedgerEntryChange => xdr.LedgerEntryChange.ledgerEntryUpdated(of);
export const state = (of: xdr.LedgerEntry): xdr.LedgerEntryChange => xdr.LedgerEntryChange.ledgerEntryState(of);
export const restored = (of: xdr.LedgerEntry): xdr.LedgerEntryChange => xdr.LedgerEntryChange.ledgerEntryRestored(of);
export const removed = (of: xdr.LedgerEntry): xdr.LedgerEntryChange =>
  xdr.LedgerEntryChange.ledgerEntryRemoved(keyOf(of));

/** A 128-bit integer value, two's complement. */
export function i128(value: bigint): xdr.ScVal {
  return xdr.ScVal.scvI128(
    new xdr.Int128Parts({
      hi: new xdr.Int64(BigInt.asIntN(64, value >> 64n)),
      lo: new xdr.Uint64(BigInt.asUintN(64, value)),
    }),
  );
}

/** Key and value of a balance as the Stellar Asset Contract writes them (CAP-46-06). */
export function balanceKey(holder: Buffer | xdr.ScAddress): xdr.ScVal {
  const address = Buffer.isBuffer(holder) ? contractAddress(holder) : holder;
  return xdr.ScVal.scvVec([symbol('Balance'), xdr.ScVal.scvAddress(address)]);
}

export function balanceValue(amount: bigint): xdr.ScVal {
  return mapOf(
    [symbol('amount'), i128(amount)],
    [symbol('authorized'), xdr.ScVal.scvBool(true)],
    [symbol('clawback'), xdr.ScVal.scvBool(false)],
  );
}

export function balance(contract: Buffer, holder: Buffer, amount: bigint, more: DataSpec = {}): xdr.LedgerEntry {
  return data({ contract, key: balanceKey(holder), val: balanceValue(amount), ...more });
}

export const INSTANCE_KEY: xdr.ScVal = xdr.ScVal.scvLedgerKeyContractInstance();

export function instanceValue(
  executable: xdr.ContractExecutable,
  ...storage: (readonly [xdr.ScVal, xdr.ScVal])[]
): xdr.ScVal {
  return xdr.ScVal.scvContractInstance(
    new xdr.ScContractInstance({
      executable,
      storage: storage.length === 0 ? null : storage.map(([key, val]) => new xdr.ScMapEntry({ key, val })),
    }),
  );
}

export const stellarAssetExecutable = (): xdr.ContractExecutable =>
  xdr.ContractExecutable.contractExecutableStellarAsset();

export const ASSET_INFO: xdr.ScVal = xdr.ScVal.scvVec([symbol('AssetInfo')]);
export const NATIVE_INFO: xdr.ScVal = xdr.ScVal.scvVec([symbol('Native')]);

/** The AssetInfo value of a credit asset; `code` and `issuer` may be anything that XDR holds. */
export function creditInfo(arm: string, code: Buffer | string, issuer: Buffer): xdr.ScVal {
  return xdr.ScVal.scvVec([
    symbol(arm),
    mapOf([symbol('asset_code'), xdr.ScVal.scvString(code)], [symbol('issuer'), xdr.ScVal.scvBytes(issuer)]),
  ]);
}

/** The instance that the contract of an asset stores, under `contract`: its own by default. */
export function assetInstance(asset: Asset, contract = assetContract(asset)): xdr.LedgerEntry {
  const info = asset.isNative()
    ? NATIVE_INFO
    : creditInfo(
        asset.getCode().length <= 4 ? 'AlphaNum4' : 'AlphaNum12',
        asset.getCode(),
        StrKey.decodeEd25519PublicKey(asset.getIssuer()),
      );
  return data({ contract, key: INSTANCE_KEY, val: instanceValue(stellarAssetExecutable(), [ASSET_INFO, info]) });
}

/** The id of an asset's own contract on the test network. */
export function assetContract(asset: Asset): Buffer {
  return StrKey.decodeContract(asset.contractId(TEST_PASSPHRASE));
}

export function credit(code: string, issuer: number): Asset {
  return new Asset(code, StrKey.encodeEd25519PublicKey(id(issuer)));
}
