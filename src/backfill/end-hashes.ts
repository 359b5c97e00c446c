/**
 * The hashes of the first and of the last ledger of a range, by which what was made can be held against the network's
 * history. They are what the decoded ledgers say of themselves (LedgerHeaderHistoryEntry.hash), in hex.
 */
import type { LedgerGap } from '../stream/app-metadata.js';

export interface EndHashes {
  /** Null where that ledger was set aside, or its range is not made. */
  readonly first_ledger_hash: string | null;
  readonly last_ledger_hash: string | null;
}

/** Of ledgers that were made in several ranges: each end's from the range that has it. */
export function joinedEndHashes(
  ranges: readonly (EndHashes & { readonly first_ledger: number; readonly last_ledger: number })[],
  firstLedger: number,
  lastLedger: number,
): EndHashes {
  return {
    first_ledger_hash: ranges.find((range) => range.first_ledger === firstLedger)?.first_ledger_hash ?? null,
    last_ledger_hash: ranges.find((range) => range.last_ledger === lastLedger)?.last_ledger_hash ?? null,
  };
}

/** The hash of `ledger`, or why there is none. */
export function hashText(hash: string | null, ledger: number, gaps: readonly LedgerGap[]): string {
  if (hash !== null) return hash;
  const gap = gaps.find(([from, to]) => from <= ledger && to >= ledger);
  return gap === undefined
    ? `not known: the range of ledger ${ledger} is not made`
    : `not known: ledger ${ledger} was set aside (${gap[2]})`;
}
