/**
 * The rows of a ledger, worked out a second time from the objects that @stellar/stellar-base decodes, with its own
 * StrKey, Asset and hash: slow and plain, an oracle for the scanner. Covers default columns, no filters.
 */
import { Address, Asset, hash, scValToBigInt, StrKey, xdr } from '@stellar/stellar-base';

export type OracleRow = Record<string, string | number | boolean | null>;

interface Change {
  readonly kind: 'created' | 'updated' | 'removed' | 'restored' | 'state' | 'evicted';
  readonly key: xdr.LedgerKey;
  readonly keyXdr: Buffer;
  readonly entry: xdr.LedgerEntry | undefined;
}

interface ChangeList {
  readonly transaction: { readonly index: number; readonly hash: string } | undefined;
  readonly operation: number | null;
  readonly changes: Change[];
}

const KINDS = ['created', 'updated', 'removed', 'state', 'restored'] as const;

export function oracleRows(bytes: Buffer, networkPassphrase: string, knownAssets: readonly Asset[] = []): OracleRow[] {
  const meta = xdr.LedgerCloseMeta.fromXDR(bytes);
  const ledger = meta.value();
  const header = ledger.ledgerHeader().header();
  const lists = changeLists(meta, header.ledgerVersion());
  const liveUntil = liveUntilByKeyHash(lists);
  const assetContracts = new Map(
    [Asset.native(), ...knownAssets].map((asset) => [asset.contractId(networkPassphrase), asset]),
  );

  const rows: OracleRow[] = [];
  for (const list of lists) {
    const sorted = list.changes
      .filter((change) => change.kind !== 'state' && isContractState(change.key))
      .map((change, i) => ({ change, i }))
      .sort((a, b) => Buffer.compare(a.change.keyXdr, b.change.keyXdr) || a.i - b.i);
    for (const { change } of sorted) {
      rows.push(
        rowOf(change, list, {
          sequence: header.ledgerSeq(),
          closedAt: new Date(Number(header.scpValue().closeTime().toString()) * 1000)
            .toISOString()
            .replace('.000Z', 'Z'),
          changeIndex: rows.length,
          liveUntil,
          assetContracts,
          networkPassphrase,
        }),
      );
    }
  }
  return rows;
}

function changeLists(meta: xdr.LedgerCloseMeta, protocol: number): ChangeList[] {
  const lists: ChangeList[] = [];
  const ledger = meta.value();
  ledger.txProcessing().forEach((processing, i) => {
    const { transactionHash, result } = {
      transactionHash: processing.result().transactionHash().toString('hex'),
      result: processing.result().result().result().switch().name,
    };
    const transaction = { index: i + 1, hash: transactionHash };
    const add = (operation: number | null, changes: xdr.LedgerEntryChange[]): void => {
      lists.push({ transaction, operation, changes: changes.map(changeOf) });
    };
    const apply = processing.txApplyProcessing();
    if (apply.switch() === 0) return;
    const applied = apply.value() as xdr.TransactionMetaV4;
    const before = apply.switch() === 1 ? apply.v1().txChanges() : applied.txChangesBefore();
    add(null, before);
    if (result === 'txInternalError' && protocol <= 12) return;
    applied.operations().forEach((operation, index) => add(index, operation.changes()));
    if (apply.switch() !== 1) add(null, applied.txChangesAfter());
  });

  if (meta.switch() > 0) {
    const closed = ledger as xdr.LedgerCloseMetaV1;
    const evicted = closed
      .evictedKeys()
      .map((key): Change => ({ kind: 'evicted', key, keyXdr: key.toXDR(), entry: undefined }));
    const entries =
      meta.switch() === 1 ? closed.unused().map((entry) => ({ ...keyed(entry), kind: 'evicted' as const })) : [];
    lists.push({ transaction: undefined, operation: null, changes: [...evicted, ...entries] });
  }
  return lists;
}

function changeOf(change: xdr.LedgerEntryChange): Change {
  const kind = KINDS[change.switch().value];
  if (kind !== 'removed') return { ...keyed(change.value() as xdr.LedgerEntry), kind };
  const key = change.removed();
  return { kind, key, keyXdr: key.toXDR(), entry: undefined };
}

function keyed(entry: xdr.LedgerEntry): Omit<Change, 'kind'> {
  const key = keyOf(entry.data());
  return { key, keyXdr: key.toXDR(), entry };
}

function keyOf(data: xdr.LedgerEntryData): xdr.LedgerKey {
  const type = data.switch().name;
  if (type === 'contractData') {
    const entry = data.contractData();
    const key = { contract: entry.contract(), key: entry.key(), durability: entry.durability() };
    return xdr.LedgerKey.contractData(new xdr.LedgerKeyContractData(key));
  }
  if (type === 'ttl') return xdr.LedgerKey.ttl(new xdr.LedgerKeyTtl({ keyHash: data.ttl().keyHash() }));
  // Of no table here: any key that is neither will do.
  const configSettingId = xdr.ConfigSettingId.configSettingContractMaxSizeBytes();
  return xdr.LedgerKey.configSetting(new xdr.LedgerKeyConfigSetting({ configSettingId }));
}

function isContractState(key: xdr.LedgerKey): boolean {
  if (key.switch().name !== 'contractData') return false;
  const data = key.contractData();
  return data.contract().switch().name === 'scAddressTypeContract' && data.key().switch().name !== 'scvLedgerKeyNonce';
}

function liveUntilByKeyHash(lists: readonly ChangeList[]): Map<string, number> {
  const live = new Map<string, number>();
  for (const { kind, key, entry } of lists.flatMap((list) => list.changes)) {
    if (key.switch().name !== 'ttl' || kind === 'state' || kind === 'evicted') continue;
    const keyHash = key.ttl().keyHash().toString('hex');
    if (kind === 'removed') live.delete(keyHash);
    else {
      const until = entry!.data().ttl().liveUntilLedgerSeq();
      live.set(keyHash, kind === 'updated' ? Math.max(until, live.get(keyHash) ?? 0) : until);
    }
  }
  return live;
}

interface RowFacts {
  readonly sequence: number;
  readonly closedAt: string;
  readonly changeIndex: number;
  readonly liveUntil: ReadonlyMap<string, number>;
  readonly assetContracts: ReadonlyMap<string, Asset>;
  readonly networkPassphrase: string;
}

function rowOf(change: Change, list: ChangeList, facts: RowFacts): OracleRow {
  const key = change.key.contractData();
  const previous = change.kind === 'updated' || change.kind === 'removed' ? preImage(change, list) : undefined;
  const entry = change.kind === 'removed' ? previous?.entry : change.entry;
  const value = entry?.data().contractData().val();
  const deleted = change.kind === 'removed' || change.kind === 'evicted';
  const contractId = contractStrkey(key.contract());
  const keyHash = hash(change.keyXdr).toString('hex');
  const isInstance = key.key().switch().name === 'scvLedgerKeyContractInstance';
  const instance = isInstance && value?.switch().name === 'scvContractInstance' ? value.instance() : undefined;
  const keyHolder = balanceHolder(key.key());
  const amount = keyHolder !== null && value !== undefined ? balanceAmount(value) : null;
  const holder = value === undefined || amount !== null ? keyHolder : null;
  const asset =
    instance !== undefined
      ? instanceAsset(instance, contractId, facts.networkPassphrase)
      : holder !== null || (isInstance && value === undefined)
        ? facts.assetContracts.get(contractId)
        : undefined;
  const type = key.key().switch().name;
  return {
    contract_id: contractId,
    contract_key_type: `ScValTypeS${type.slice(1)}`,
    contract_durability: `ContractDataDurability${key.durability().name === 'persistent' ? 'Persistent' : 'Temporary'}`,
    asset_code: asset === undefined || asset.isNative() ? null : asset.getCode(),
    asset_issuer: asset === undefined || asset.isNative() ? null : asset.getIssuer(),
    asset_type: asset === undefined ? null : asset.getAssetType(),
    balance_holder: holder,
    balance: amount !== null && amount < 2n ** 63n ? amount.toString() : null,
    last_modified_ledger: entry?.lastModifiedLedgerSeq() ?? facts.sequence,
    deleted,
    ledger_sequence: facts.sequence,
    closed_at: facts.closedAt,
    ledger_key_hash: keyHash,
    key_xdr: key.key().toXDR('base64'),
    val_xdr: value?.toXDR('base64') ?? null,
    contract_instance_type:
      instance === undefined
        ? null
        : instance.executable().switch().name === 'contractExecutableWasm'
          ? 'wasm'
          : 'stellar_asset',
    contract_instance_wasm_hash:
      instance?.executable().switch().name === 'contractExecutableWasm'
        ? instance.executable().wasmHash().toString('hex')
        : null,
    expiration_ledger_seq: deleted ? null : (facts.liveUntil.get(keyHash) ?? null),
    change_type: change.kind,
    balance_i128: amount?.toString() ?? null,
    transaction_hash: list.transaction?.hash ?? null,
    transaction_index: list.transaction?.index ?? null,
    operation_index: list.operation,
    change_index: facts.changeIndex,
    asset_contract_id: asset === undefined ? null : contractId,
    value_changed:
      change.kind === 'updated' && previous !== undefined
        ? previous.entry!.data().contractData().val().toXDR('base64') !== value!.toXDR('base64')
        : null,
  };
}

const strkeys = new Map<string, string>();

/** Of few contracts, again and again: a fifth of the time goes into their strkeys where each is made anew. */
function contractStrkey(address: xdr.ScAddress): string {
  const id = (address.contractId() as unknown as Buffer).toString('hex');
  const strkey = strkeys.get(id) ?? Address.fromScAddress(address).toString();
  strkeys.set(id, strkey);
  return strkey;
}

function preImage(change: Change, list: ChangeList): Change | undefined {
  const at = list.changes.indexOf(change);
  const isPreImage = (other: Change): boolean =>
    (other.kind === 'state' || other.kind === 'restored') && other.keyXdr.equals(change.keyXdr);
  return list.changes.slice(0, at).findLast(isPreImage) ?? list.changes.slice(at).find(isPreImage);
}

function balanceHolder(key: xdr.ScVal): string | null {
  if (key.switch().name !== 'scvVec') return null;
  const vec = key.vec();
  const [name, holder] = vec ?? [];
  if (vec?.length !== 2 || name!.switch().name !== 'scvSymbol' || name!.sym().toString() !== 'Balance') return null;
  if (holder!.switch().name !== 'scvAddress' || holder!.address().switch().name !== 'scAddressTypeContract')
    return null;
  return contractStrkey(holder!.address());
}

function balanceAmount(value: xdr.ScVal): bigint | null {
  if (value.switch().name !== 'scvMap') return null;
  const map = value.map() ?? [];
  const expected = [
    ['amount', 'scvI128'],
    ['authorized', 'scvBool'],
    ['clawback', 'scvBool'],
  ];
  const matches =
    map.length === 3 &&
    map.every(
      (pair, i) =>
        pair.key().switch().name === 'scvSymbol' &&
        pair.key().sym().toString() === expected[i]![0] &&
        pair.val().switch().name === expected[i]![1],
    );
  if (!matches) return null;
  const amount = scValToBigInt(map[0]!.val());
  return amount < 0n ? null : amount;
}

function instanceAsset(instance: xdr.ScContractInstance, contractId: string, passphrase: string): Asset | undefined {
  const info = (instance.storage() ?? []).find(
    (pair) => pair.key().toXDR('base64') === xdr.ScVal.scvVec([xdr.ScVal.scvSymbol('AssetInfo')]).toXDR('base64'),
  );
  if (info?.val().switch().name !== 'scvVec') return undefined;
  const vec = info.val().vec() ?? [];
  if (vec.length === 0 || vec[0]!.switch().name !== 'scvSymbol') return undefined;
  const asset = vec[0]!.sym().toString() === 'Native' && vec.length === 1 ? Asset.native() : creditAsset(vec);
  return asset?.contractId(passphrase) === contractId ? asset : undefined;
}

function creditAsset(vec: readonly xdr.ScVal[]): Asset | undefined {
  if (vec.length !== 2 || !['AlphaNum4', 'AlphaNum12'].includes(vec[0]!.sym().toString())) return undefined;
  if (vec[1]!.switch().name !== 'scvMap') return undefined;
  const map = vec[1]!.map() ?? [];
  const names = map.map((pair) => (pair.key().switch().name === 'scvSymbol' ? pair.key().sym().toString() : undefined));
  if (names.join() !== 'asset_code,issuer') return undefined;
  const [code, issuer] = map.map((pair) => pair.val());
  if (code!.switch().name !== 'scvString' || issuer!.switch().name !== 'scvBytes') return undefined;
  if (issuer!.bytes().length !== 32) return undefined;
  const text = code!.str().toString();
  return /^[A-Za-z0-9]{1,12}$/.test(text) ? new Asset(text, StrKey.encodeEd25519PublicKey(issuer!.bytes())) : undefined;
}
