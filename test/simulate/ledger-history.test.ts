import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Address, Asset, Networks, scValToNative, StrKey, xdr } from '@stellar/stellar-base';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { type DecodedLedger, decodeLedger, entryOf, isContractDataKey, keyOf } from './decoded-ledger.js';
import { LedgerHistory } from './ledger-history.js';

const networkPassphrase = Networks.PUBLIC;
const FIRST = 60_000_000;
const LEDGERS = 130;

/** Decoded once for all tests of this file; long enough for each group of entries to be touched four times. */
const ledgers: DecodedLedger[] = [];
{
  const generator = createLedgerGenerator({ seed: 'history', networkPassphrase, txsPerLedger: 40 });
  for (let at = 0; at < LEDGERS; at++) ledgers.push(decodeLedger(generator.ledger(FIRST + at)));
}

const changes = ledgers.flatMap(({ transactions }) => transactions.flatMap(({ metaChanges }) => metaChanges));

/** Contract-data entries of all changes, with the names of their changes. */
const entries = changes.flat().flatMap((change) => {
  const data = entryOf(change)?.data().value();
  return data instanceof xdr.ContractDataEntry ? [{ change: change.switch().name, data }] : [];
});

test('every pre-image is what the last change before left, over accounts, trustlines, contract data and TTLs', () => {
  const history = new LedgerHistory();
  for (const ledger of ledgers) history.apply(ledger);
  assert.ok(history.comparisons > 5_000, `${history.comparisons} comparisons`);
});

test('the first ledgers of all continue each other too, and so do those of protocol 22', () => {
  for (const protocol of [22, 25]) {
    const generator = createLedgerGenerator({ seed: 3, networkPassphrase, txsPerLedger: 20, protocol });
    const history = new LedgerHistory();
    for (let sequence = 1; sequence <= 80; sequence++) history.apply(decodeLedger(generator.ledger(sequence)));
    assert.ok(history.comparisons > 1_000);
  }
});

test('a little over half of all updates rewrite the same value, as on real networks', () => {
  let same = 0;
  let updates = 0;
  for (const list of changes) {
    list.forEach((change, at) => {
      const before =
        at > 0
          ? entryOf(list[at - 1]!)
              ?.data()
              .value()
          : undefined;
      const after = entryOf(change)?.data().value();
      if (change.switch().name !== 'ledgerEntryUpdated' || !(after instanceof xdr.ContractDataEntry)) return;
      if (!(before instanceof xdr.ContractDataEntry)) return;
      updates += 1;
      if (after.val().toXDR().equals(before.val().toXDR())) same += 1;
    });
  }
  assert.ok(same / updates > 0.5 && same / updates < 0.7, `${same} of ${updates}`);
});

test('every kind of key, durability, change and instance occurs', () => {
  const seen = (name: (one: (typeof entries)[number]) => string) => [...new Set(entries.map(name))].toSorted();
  const keyTypes = [
    ...['scvAddress', 'scvBool', 'scvBytes', 'scvDuration', 'scvError', 'scvI128', 'scvI256', 'scvI32', 'scvI64'],
    ...['scvLedgerKeyContractInstance', 'scvLedgerKeyNonce', 'scvMap', 'scvString', 'scvSymbol', 'scvTimepoint'],
    ...['scvU128', 'scvU256', 'scvU32', 'scvU64', 'scvVec', 'scvVoid'],
  ];
  assert.deepEqual(
    seen(({ data }) => data.key().switch().name),
    keyTypes,
  );
  assert.deepEqual(
    seen(({ data, change }) => `${data.durability().name} ${change}`),
    [
      ...['persistent ledgerEntryCreated', 'persistent ledgerEntryRestored', 'persistent ledgerEntryState'],
      ...['persistent ledgerEntryUpdated', 'temporary ledgerEntryCreated', 'temporary ledgerEntryState'],
      'temporary ledgerEntryUpdated',
    ],
  );
  const instances = entries.filter(({ data }) => data.key().switch().name === 'scvLedgerKeyContractInstance');
  assert.deepEqual(
    [...new Set(instances.map(({ data }) => data.val().instance().executable().switch().name))].toSorted(),
    ['contractExecutableStellarAsset', 'contractExecutableWasm'],
  );
});

/** The names of a key's changes in a list, such as "Restored Updated". */
function sequences(): Set<string> {
  const found = new Set<string>();
  for (const list of changes) {
    const byKey = new Map<string, string[]>();
    for (const change of list) {
      const key = keyOf(change);
      if (key.switch().name !== 'contractData' && key.switch().name !== 'ttl') continue;
      const id = key.toXDR('base64');
      const names = byKey.get(id) ?? [key.switch().name];
      byKey.set(id, [...names, change.switch().name.replace('ledgerEntry', '')]);
    }
    for (const names of byKey.values()) found.add(names.join(' '));
  }
  return found;
}

test('entries are created, updated, removed and restored in all the ways that ledgers know', () => {
  assert.deepEqual([...sequences()].toSorted(), [
    ...['contractData Created', 'contractData Restored', 'contractData Restored Removed'],
    ...['contractData Restored Updated', 'contractData State Removed', 'contractData State Updated'],
    ...['ttl Created', 'ttl Restored', 'ttl Restored Removed', 'ttl State Removed', 'ttl State Updated'],
  ]);
});

test('code, nonces, temporary and persistent entries are evicted, before protocol 23 only what is temporary', () => {
  const evicted = (decoded: readonly DecodedLedger[]) => {
    const keys = decoded.flatMap(({ evictedKeys }) => evictedKeys).filter((key) => key.switch().name !== 'ttl');
    const name = (key: xdr.LedgerKey) => {
      if (key.switch().name === 'contractCode') return 'code';
      return isContractDataKey(key) ? key.contractData().durability().name : 'nonce';
    };
    return [...new Set(keys.map(name))].toSorted();
  };
  assert.deepEqual(evicted(ledgers), ['code', 'nonce', 'persistent', 'temporary']);
  const old = createLedgerGenerator({ seed: 1, networkPassphrase, txsPerLedger: 40, protocol: 22 });
  assert.deepEqual(evicted([1, 2, 3, 4].map((sequence) => decodeLedger(old.ledger(sequence)))), ['nonce', 'temporary']);
});

test('transactions succeed, fail and are bumped, and some extend only times to live', () => {
  const results = new Set(
    ledgers.flatMap(({ transactions }) => transactions.map(({ result }) => result.switch().name)),
  );
  assert.deepEqual([...results].toSorted(), ['txFailed', 'txFeeBumpInnerSuccess', 'txSuccess']);
  const types = (list: readonly xdr.LedgerEntryChange[]) => new Set(list.map((change) => keyOf(change).switch().name));
  assert.ok(changes.some((list) => types(list).size === 1 && types(list).has('ttl')));
  assert.ok(changes.some((list) => types(list).has('trustline')));
});

test('in one ledger several transactions change one entry, and several extend one to different ledgers', () => {
  for (const { transactions } of ledgers.slice(0, 8)) {
    const updated = transactions.map(({ metaChanges }) =>
      metaChanges.flat().filter((change) => change.switch().name === 'ledgerEntryUpdated'),
    );
    const perKey = new Map<string, Set<string>>();
    for (const change of updated.flat()) {
      const key = keyOf(change);
      const id = key.switch().name + key.toXDR('base64');
      perKey.set(id, (perKey.get(id) ?? new Set()).add(change.toXDR('base64')));
    }
    const shared = [...perKey].filter(([, values]) => values.size > 1).map(([id]) => id);
    assert.ok(shared.some((id) => id.startsWith('contractData')));
    assert.ok(shared.some((id) => id.startsWith('ttl')));
  }
});

const ASSET_CODES = ['AQUA', 'BTC', 'EURC', 'GOLDBAR', 'STABLECOIN12', 'USDC', 'XLM', 'yXLM'];

/** Contract ids by what AssetInfo of their instances says, as stellar-base derives them. */
function assetContracts(): Map<string, string> {
  const found = new Map<string, string>();
  for (const { data } of entries) {
    if (data.key().switch().name !== 'scvLedgerKeyContractInstance') continue;
    const instance = data.val().instance();
    if (instance.executable().switch().name !== 'contractExecutableStellarAsset') continue;
    const info = instance
      .storage()!
      .find((item) => item.key().switch().name === 'scvVec' && nameOf(item.key()) === 'AssetInfo');
    const asset = assetOf(info!.val().vec()!);
    assert.equal(Address.fromScAddress(data.contract()).toString(), asset.contractId(networkPassphrase));
    found.set(asset.contractId(networkPassphrase), asset.getCode());
  }
  return found;
}

function nameOf(key: xdr.ScVal): string {
  return key.vec()?.[0]?.sym().toString() ?? '';
}

function assetOf([variant, fields]: readonly xdr.ScVal[]): Asset {
  if (variant!.sym().toString() === 'Native') return Asset.native();
  const [code, issuer] = fields!.map()!;
  assert.equal(code!.key().sym().toString(), 'asset_code');
  assert.equal(issuer!.key().sym().toString(), 'issuer');
  const asset = new Asset(code!.val().str().toString(), StrKey.encodeEd25519PublicKey(issuer!.val().bytes()));
  assert.equal(variant!.sym().toString(), asset.getCode().length <= 4 ? 'AlphaNum4' : 'AlphaNum12');
  return asset;
}

test('asset instances stand under the contract ids that their code and issuer give, the native one too', () => {
  assert.deepEqual([...assetContracts().values()].toSorted(), ASSET_CODES);
});

test('balances have the layout of the Stellar Asset Contract and amounts from zero to the last i128', () => {
  const assets = assetContracts();
  const balances = entries
    .filter(({ data }) => data.key().switch().name === 'scvVec' && nameOf(data.key()) === 'Balance')
    .map(({ data }) => ({ contract: Address.fromScAddress(data.contract()).toString(), data }));
  const amounts = { asset: new Set<bigint>(), other: new Set<bigint>() };
  for (const { contract, data } of balances) {
    const value = scValToNative(data.val()) as { amount: bigint; authorized: boolean; clawback: boolean };
    assert.deepEqual(Object.keys(value), ['amount', 'authorized', 'clawback']);
    assert.equal(data.key().vec()![1]!.address().switch().name, 'scAddressTypeContract');
    amounts[assets.has(contract) ? 'asset' : 'other'].add(value.amount);
  }
  assert.deepEqual([...new Set(balances.map(({ contract }) => assets.get(contract) ?? ''))].toSorted(), [
    ...['', 'EURC', 'USDC', 'XLM', 'yXLM'],
  ]);
  for (const edge of [0n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 127n - 1n]) assert.ok(amounts.asset.has(edge), String(edge));
  assert.ok([...amounts.asset].every((amount) => amount >= 0n));
  assert.ok([...amounts.other].some((amount) => amount < -(2n ** 63n)));
});
