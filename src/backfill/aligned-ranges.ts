/** How a backfill is divided: into ranges that depend on the ledgers alone, not on who makes them or how many there are. */
import type { LedgerRange } from '../source/ledger-source.js';

/** About nine hours of a network; ten of them are a partition of the history in PostgreSQL. */
export const DEFAULT_RANGE_LEDGERS = 6400;

/**
 * The ledgers `start` to `end`, both inclusive, cut at the multiples of `rangeLedgers` counted from 0. Only the first and
 * the last range may be shorter.
 */
export function alignedRanges(start: number, end: number, rangeLedgers: number): LedgerRange[] {
  const ranges: LedgerRange[] = [];
  for (let next = start; next <= end;) {
    const endLedger = Math.min(end, next - (next % rangeLedgers) + rangeLedgers - 1);
    ranges.push({ startLedger: next, endLedger });
    next = endLedger + 1;
  }
  return ranges;
}
