/**
 * Compaction: one row per key and ledger, the net change from the state before the ledger to the state after it.
 *
 *   before \ after   live       gone
 *   absent           created    nothing
 *   live             updated    removed, with the value from before the ledger
 *   archived         restored   removed, with the restored value
 *
 * The row takes the place and the `changeIndex` of the key's last change. A key whose TTL changed in a ledger is never
 * evicted in it, so that eviction rows stand alone and pass through.
 */
import { CREATED, EVICTED, REMOVED, RESTORED, UPDATED, type ContractDataChanges } from '../xdr/change-log.js';
import type { XdrReader } from '../xdr/reader.js';
import { NONE, type LedgerRows } from './arrange.js';

/** Compacts `rows` in place. Runs after the contract filter and before all others. */
export function compactRows(r: XdrReader, changes: ContractDataChanges, rows: LedgerRows): void {
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  for (let row = 0; row < rows.count; row += 1) {
    const key = changes.keyText(r, rows.change[row]!);
    if (!first.has(key)) first.set(key, row);
    last.set(key, row);
  }
  if (last.size === rows.count) {
    // Nothing to net: every key changed once.
    return;
  }

  // Net changes are worked out before rows move, since a key's first row may stand where another is moved to.
  const net: NetChange[] = [];
  for (const [key, row] of last) {
    const change = netChange(rows, first.get(key)!, row);
    if (change !== undefined) net.push(change);
  }
  net.sort((a, b) => a.changeIndex - b.changeIndex);
  rows.count = 0;
  for (const { kind, change, entry, previous, changeIndex } of net) {
    rows.push(kind, change, entry, previous, changeIndex);
  }
}

interface NetChange {
  readonly kind: number;
  readonly change: number;
  readonly entry: number;
  readonly previous: number;
  readonly changeIndex: number;
}

function netChange(rows: LedgerRows, first: number, last: number): NetChange | undefined {
  const change = rows.change[last]!;
  const changeIndex = rows.changeIndex[last]!;
  const lastKind = rows.kind[last]!;
  const firstKind = rows.kind[first]!;
  if (first === last || lastKind === EVICTED) {
    return { kind: lastKind, change, entry: rows.entry[last]!, previous: rows.previous[last]!, changeIndex };
  }

  const isGone = lastKind === REMOVED;
  // The entry before the ledger: none for a key that was absent, the restored entry for an archived one.
  const before = firstKind === RESTORED ? rows.entry[first]! : rows.previous[first]!;
  if (firstKind === CREATED) {
    return isGone ? undefined : { kind: CREATED, change, entry: rows.entry[last]!, previous: NONE, changeIndex };
  }
  if (isGone) return { kind: REMOVED, change, entry: before, previous: before, changeIndex };
  if (firstKind === RESTORED) return { kind: RESTORED, change, entry: rows.entry[last]!, previous: NONE, changeIndex };
  return { kind: UPDATED, change, entry: rows.entry[last]!, previous: before, changeIndex };
}
