/** The rows of the ledger at hand, as filters and column writers see them. */
import {
  CONTRACT_ADDRESS_BYTES,
  type ChangeLog,
  type ContractDataChanges,
  type TableChanges,
} from '../xdr/change-log.js';
import type { XdrReader } from '../xdr/reader.js';
import { sameWords } from '../xdr/words.js';
import { NONE, type LedgerRows } from './arrange.js';
import type { RowFacts } from './facts.js';
import type { KeyHashes } from './key-hash.js';
import type { LiveUntil } from './live-until.js';

/** A call into native code costs as much as comparing so many bytes here. */
const NATIVE_COMPARE_FROM_BYTES = 256;

/** The rows of one table of the ledger at hand. */
export interface LedgerContext {
  readonly r: XdrReader;
  readonly log: ChangeLog;
  readonly rows: LedgerRows;
  /** The changes that `rows` index. */
  readonly changes: TableChanges;
}

/** 0-based position of the row's transaction in apply order, or NONE. */
export function transactionOf(c: LedgerContext, row: number): number {
  return c.log.lists.transaction[c.changes.list[c.rows.change[row]!]!]!;
}

export interface ContractDataContext extends LedgerContext {
  readonly changes: ContractDataChanges;
  readonly facts: RowFacts;
  /** sha256 of each row's LedgerKey; filled when a column needs it. */
  readonly keyHashes: KeyHashes;
  /** Live-until ledger by key hash, after this ledger's TTL changes; filled when a column needs it. */
  readonly liveUntil: Pick<LiveUntil, 'get'>;
}

/** Offset of the row's contract id (32 bytes). */
export function contractIdAt(c: ContractDataContext, row: number): number {
  return c.changes.key[c.rows.change[row]!]! + 4;
}

/** Offset of the row's key SCVal. */
export function keyAt(c: ContractDataContext, row: number): number {
  return c.changes.key[c.rows.change[row]!]! + CONTRACT_ADDRESS_BYTES;
}

/** Offset behind the row's key SCVal, where its durability stands. */
export function durabilityAt(c: ContractDataContext, row: number): number {
  return c.changes.keyEnd[c.rows.change[row]!]! - 4;
}

/**
 * Whether an updated row's value differs from the one before; undefined on other rows and without a pre-image.
 * SCVal XDR is canonical, so the bytes decide.
 */
export function valueChanged(c: ContractDataContext, row: number): boolean | undefined {
  const { keyEnd, valueEnd } = c.changes;
  const entry = c.rows.entry[row]!;
  const previous = c.rows.previous[row]!;
  if (previous === NONE || entry === previous || entry === NONE) return undefined;
  const { view } = c.r;
  const bytes = valueEnd[entry]! - keyEnd[entry]!;
  const a = keyEnd[entry]!;
  const b = keyEnd[previous]!;
  if (bytes !== valueEnd[previous]! - b) return true;
  if (bytes >= NATIVE_COMPARE_FROM_BYTES) return c.r.bytes.compare(c.r.bytes, b, b + bytes, a, a + bytes) !== 0;
  return !sameWords(view, a, b, bytes);
}
