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
  const rowsOfKey = new Map<string, number[]>();
  for (let row = 0; row < rows.count; row += 1) {
    const key = changes.keyText(r, rows.change[row]!);
    const known = rowsOfKey.get(key);
    if (known === undefined) rowsOfKey.set(key, [row]);
    else known.push(row);
  }
  if (rowsOfKey.size === rows.count) return;

  // Net changes are worked out before rows move, since a key's first row may stand where another is moved to.
  const net = [...rowsOfKey.values()]
    .map((rowsOfOne) => netChange(changes, rows, rowsOfOne))
    .filter((change) => change !== undefined)
    .sort((a, b) => a.changeIndex - b.changeIndex);
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

/** The net change of one key, of which `own` are the rows in order. */
function netChange(changes: ContractDataChanges, rows: LedgerRows, own: readonly number[]): NetChange | undefined {
  const first = own[0]!;
  const last = own.at(-1)!;
  const place = { change: rows.change[last]!, changeIndex: rows.changeIndex[last]! };
  if (own.length === 1 || rows.kind[last] === EVICTED) {
    return { ...place, kind: rows.kind[last]!, entry: rows.entry[last]!, previous: rows.previous[last]! };
  }

  // What the key was before the ledger: the first change's pre-image, or the entry that was brought back. One core
  // release candidate wrote RESTORED after the UPDATED that it is the pre-image of.
  const firstKind = rows.kind[first]!;
  const before = firstKind === RESTORED ? rows.change[first]! : rows.previous[first]!;
  const wasArchived = before !== NONE && changes.kind[before] === RESTORED;
  const final = own.findLast((row) => row !== first && rows.change[row] !== before) ?? first;
  const isGone = rows.kind[final] === REMOVED;

  if (firstKind === CREATED) {
    return isGone ? undefined : { ...place, kind: CREATED, entry: rows.entry[final]!, previous: NONE };
  }
  if (isGone) return { ...place, kind: REMOVED, entry: before, previous: before };
  if (wasArchived) return { ...place, kind: RESTORED, entry: rows.entry[final]!, previous: NONE };
  return { ...place, kind: UPDATED, entry: rows.entry[final]!, previous: before };
}
