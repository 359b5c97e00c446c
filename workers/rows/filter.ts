/**
 * Row filters of the contract_data table, compiled once per request.
 *
 * The rule that runs through them: a deletion is never lost to a filter which its creation passed. A removed or evicted
 * row passes a holder filter that its key matches, an asset filter that its contract id matches, and any asset filter
 * where only its key is known and that key may be an asset's; `minBalance` never drops it.
 */
import { DURABILITIES, type RowFilters } from '../request.js';
import { readInt128 } from '../text/int128.js';
import { parseContractStrKey } from '../text/strkey.js';
import { UPDATED } from '../xdr/change-log.js';
import { NONE } from './arrange.js';
import { balanceHolderAt, SCV_LEDGER_KEY_CONTRACT_INSTANCE } from './asset-contract.js';
import { contractIdAt, durabilityAt, keyAt, valueChanged, type ContractDataContext } from './context.js';
import { HashSet } from './hash-set.js';
import { NATIVE_CODE, type KnownAssets } from './known-assets.js';
import { CHANGE_TYPE_NAMES, isDeletion, KEY_TYPES } from './names.js';
import type { Asset } from './network.js';

/** Whether row `row` passes. */
type RowTest = (c: ContractDataContext, row: number) => boolean;

export interface CompiledFilters {
  /** The filter on the raw contract id, which comes before any other work on an entry; undefined admits all. */
  readonly contracts: HashSet | undefined;
  /** All others, cheapest first. */
  readonly tests: readonly RowTest[];
  /** Whether any test looks at the row's facts. */
  readonly needFacts: boolean;
}

export function compileFilters(filters: RowFilters, knownAssets: KnownAssets): CompiledFilters {
  const ofRow = [
    filters.modifiedAfterLedger === undefined ? undefined : ledgerTest(filters.modifiedAfterLedger),
    filters.includeDeleted === false ? notDeletedTest : undefined,
    filters.changeTypes && changeTypeTest(filters.changeTypes),
    filters.durabilities && durabilityTest(filters.durabilities),
    filters.keyTypes && keyTypeTest(filters.keyTypes),
    filters.changedOnly === true ? changedTest : undefined,
  ];
  const ofFacts = [
    filters.balanceHolders && holderTest(contractIds(filters.balanceHolders)),
    filters.minBalance === undefined ? undefined : minBalanceTest(BigInt(filters.minBalance)),
    (filters.assetCodes ?? filters.assetIssuers) ? assetTest(filters, knownAssets) : undefined,
  ];
  return {
    contracts: filters.contractIds && contractIds(filters.contractIds),
    tests: [...ofRow, ...ofFacts].filter((test) => test !== undefined),
    needFacts: ofFacts.some((test) => test !== undefined),
  };
}

/** Applies `tests` in place; facts are classified along the way where `needFacts` says so. */
export function filterRows(c: ContractDataContext, tests: readonly RowTest[], needFacts: boolean): void {
  const { rows, facts } = c;
  if (needFacts) facts.reserve(rows.count);
  let kept = 0;
  for (let row = 0; row < rows.count; row += 1) {
    rows.move(row, kept);
    if (needFacts) facts.classify(c, kept);
    if (tests.every((test) => test(c, kept))) kept += 1;
  }
  rows.count = kept;
}

function contractIds(strKeys: readonly string[]): HashSet {
  return new HashSet(
    strKeys.map((strKey) => {
      const id = parseContractStrKey(strKey);
      if (id === undefined) throw new Error(`unchecked contract id: ${strKey}`);
      return id;
    }),
  );
}

function kindOf(c: ContractDataContext, row: number): number {
  return c.rows.kind[row]!;
}

function ledgerTest(after: number): RowTest {
  return (c) => c.log.sequence > after;
}

const notDeletedTest: RowTest = (c, row) => !isDeletion(kindOf(c, row));

const changedTest: RowTest = (c, row) => kindOf(c, row) !== UPDATED || valueChanged(c, row) !== false;

function changeTypeTest(changeTypes: readonly string[]): RowTest {
  const passing = new Set(changeTypes);
  return (c, row) => passing.has(CHANGE_TYPE_NAMES[kindOf(c, row)]!);
}

function durabilityTest(durabilities: readonly string[]): RowTest {
  const passing = DURABILITIES.map((name) => durabilities.includes(name));
  return (c, row) => passing[c.r.view.getInt32(durabilityAt(c, row))]!;
}

function keyTypeTest(keyTypes: readonly string[]): RowTest {
  const passing = KEY_TYPES.map((name) => keyTypes.includes(name));
  return (c, row) => passing[c.r.view.getInt32(keyAt(c, row))]!;
}

function holderTest(holders: HashSet): RowTest {
  return (c, row) => {
    const holder = isDeletion(kindOf(c, row))
      ? balanceHolderAt(c.r, keyAt(c, row), durabilityAt(c, row))
      : c.facts.holder[row]!;
    return holder !== NONE && holders.has(c.r.bytes, holder);
  };
}

function minBalanceTest(minimum: bigint): RowTest {
  return (c, row) => {
    if (isDeletion(kindOf(c, row))) return true;
    const amount = c.facts.amount[row]!;
    return amount !== NONE && readInt128(c.r.view, amount) >= minimum;
  };
}

function assetTest(filters: RowFilters, knownAssets: KnownAssets): RowTest {
  const codes = filters.assetCodes && new Set(filters.assetCodes);
  const issuers = filters.assetIssuers && new Set(filters.assetIssuers);
  const matches = (asset: Asset | undefined): boolean => {
    if (asset === undefined) return false;
    // An issued asset may call itself native; the word in a filter means the network's own asset only.
    const code = asset.type === 'native' ? NATIVE_CODE : asset.code === NATIVE_CODE ? '' : asset.code!;
    return (
      (codes?.has(code) ?? true) &&
      (asset.issuer === null ? issuers === undefined : (issuers?.has(asset.issuer) ?? true))
    );
  };
  return (c, row) => {
    const asset = c.facts.asset[row];
    if (matches(asset)) return true;
    if (!isDeletion(kindOf(c, row))) return false;
    const known = knownAssets.ofContract(c.r.bytes, contractIdAt(c, row));
    if (known !== undefined) return matches(known);
    const isKeyOnly = c.rows.entry[row] === NONE;
    const mayBeAnAssets =
      c.facts.holder[row] !== NONE || c.r.view.getInt32(keyAt(c, row)) === SCV_LEDGER_KEY_CONTRACT_INSTANCE;
    return isKeyOnly && mayBeAnAssets;
  };
}
