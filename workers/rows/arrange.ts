/**
 * From changes to rows: which changes become rows, in which order, and with which pre-image.
 *
 * - STATE is never a row. It, or a RESTORED, is the pre-image of an UPDATED or REMOVED of the same key in the same list.
 *   The pairing goes by key: one stellar-core release candidate wrote RESTORED after its UPDATED, and since protocol 23
 *   a restored entry's update has no STATE before it.
 * - stellar-core's order within a list is random (stellar-core#3952): each list is sorted by the LedgerKey's XDR bytes,
 *   stably, so that the rows of one ledger are the same from every export of it.
 * - `changeIndex` counts all rows of the ledger in that order, before any filter, so that no filter moves it.
 */
import { REMOVED, RESTORED, STATE, UPDATED, type TableChanges } from '../xdr/change-log.js';
import type { XdrReader } from '../xdr/reader.js';

const INITIAL_CAPACITY = 1024;
/** Up to this length insertion sort beats Array.prototype.sort; real lists have one to ten entries. */
const INSERTION_SORT_LIMIT = 24;

export const NONE = -1;

/** The rows of one ledger as a struct of arrays, reused from ledger to ledger. Index = position in the output. */
export class LedgerRows {
  count = 0;
  /** Rows of the ledger before any filter: the next `changeIndex`. */
  total = 0;
  /** UPDATED rows, and REMOVED rows, whose list holds no pre-image. */
  updatedWithoutPreImage = 0;
  removedWithoutPreImage = 0;

  /** What happened, as a LedgerEntryChangeType or EVICTED. */
  kind = new Int32Array(INITIAL_CAPACITY);
  /** The change whose place in the ledger the row takes. */
  change = new Int32Array(INITIAL_CAPACITY);
  /** The change that carries the row's entry: the change itself, a removal's pre-image, or NONE. */
  entry = new Int32Array(INITIAL_CAPACITY);
  /** The change that carries the entry as it was before, or NONE. */
  previous = new Int32Array(INITIAL_CAPACITY);
  changeIndex = new Int32Array(INITIAL_CAPACITY);

  reset(): void {
    this.count = 0;
    this.total = 0;
    this.updatedWithoutPreImage = 0;
    this.removedWithoutPreImage = 0;
  }

  push(kind: number, change: number, entry: number, previous: number, changeIndex: number): void {
    const i = this.count;
    if (i === this.kind.length) this.grow();
    this.kind[i] = kind;
    this.change[i] = change;
    this.entry[i] = entry;
    this.previous[i] = previous;
    this.changeIndex[i] = changeIndex;
    this.count = i + 1;
  }

  /** Moves row `from` to `to`, for filters that keep rows in place. */
  move(from: number, to: number): void {
    this.kind[to] = this.kind[from]!;
    this.change[to] = this.change[from]!;
    this.entry[to] = this.entry[from]!;
    this.previous[to] = this.previous[from]!;
    this.changeIndex[to] = this.changeIndex[from]!;
  }

  private grow(): void {
    const double = (array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(array.length * 2);
      larger.set(array);
      return larger;
    };
    this.kind = double(this.kind);
    this.change = double(this.change);
    this.entry = double(this.entry);
    this.previous = double(this.previous);
    this.changeIndex = double(this.changeIndex);
  }
}

/**
 * Fills `rows` from the changes of one ledger. `admits` is the filter that is cheap enough to come first (the raw
 * contract id); what it refuses is counted in `rows.total` only.
 */
export function arrangeRows(
  r: XdrReader,
  changes: TableChanges,
  rows: LedgerRows,
  admits: ((change: number) => boolean) | undefined,
): void {
  rows.reset();
  let from = 0;
  while (from < changes.count) {
    const list = changes.list[from];
    let to = from + 1;
    while (to < changes.count && changes.list[to] === list) to += 1;
    arrangeList(r, changes, rows, admits, from, to);
    from = to;
  }
}

let order = new Int32Array(64);

function arrangeList(
  r: XdrReader,
  changes: TableChanges,
  rows: LedgerRows,
  admits: ((change: number) => boolean) | undefined,
  from: number,
  to: number,
): void {
  if (order.length < to - from) order = new Int32Array(2 * (to - from));
  let count = 0;
  for (let change = from; change < to; change += 1) if (changes.kind[change] !== STATE) order[count++] = change;
  sortByKey(r, changes, order, count);

  let preImages: PreImages | undefined;
  for (let i = 0; i < count; i += 1) {
    const change = order[i]!;
    const changeIndex = rows.total;
    rows.total += 1;
    if (admits !== undefined && !admits(change)) continue;

    const kind = changes.kind[change]!;
    const hasPrevious = kind === UPDATED || kind === REMOVED;
    const previous = hasPrevious ? (preImages ??= new PreImages(r, changes, from, to)).of(change) : NONE;
    if (kind === UPDATED && previous === NONE) rows.updatedWithoutPreImage += 1;
    if (kind === REMOVED && previous === NONE) rows.removedWithoutPreImage += 1;
    const entry = kind === REMOVED ? previous : changes.hasEntry(change) ? change : NONE;
    rows.push(kind, change, entry, previous, changeIndex);
  }
}

function sortByKey(r: XdrReader, changes: TableChanges, items: Int32Array, count: number): void {
  if (count > INSERTION_SORT_LIMIT) {
    const sorted = Array.from(items.subarray(0, count)).sort((a, b) => changes.compareKeys(r, a, b));
    items.set(sorted);
    return;
  }
  for (let i = 1; i < count; i += 1) {
    const item = items[i]!;
    let j = i;
    while (j > 0 && changes.compareKeys(r, items[j - 1]!, item) > 0) {
      items[j] = items[j - 1]!;
      j -= 1;
    }
    items[j] = item;
  }
}

/** Finds pre-images within one list. Almost always it is the neighbour before; an index is made only when it is not. */
class PreImages {
  private readonly r: XdrReader;
  private readonly changes: TableChanges;
  private readonly from: number;
  private readonly to: number;
  private index: Map<string, number[]> | undefined;

  constructor(r: XdrReader, changes: TableChanges, from: number, to: number) {
    this.r = r;
    this.changes = changes;
    this.from = from;
    this.to = to;
  }

  /** The last STATE or RESTORED of the key before `change`, else the first one after it, else NONE. */
  of(change: number): number {
    const before = change - 1;
    if (before >= this.from && this.isPreImage(before) && this.changes.compareKeys(this.r, before, change) === 0) {
      return before;
    }
    this.index ??= this.makeIndex();
    const candidates = this.index.get(this.changes.keyText(this.r, change));
    if (candidates === undefined) return NONE;
    return lastBefore(candidates, change) ?? candidates[0]!;
  }

  private isPreImage(change: number): boolean {
    const kind = this.changes.kind[change];
    return kind === STATE || kind === RESTORED;
  }

  private makeIndex(): Map<string, number[]> {
    const index = new Map<string, number[]>();
    for (let change = this.from; change < this.to; change += 1) {
      if (!this.isPreImage(change)) continue;
      const key = this.changes.keyText(this.r, change);
      const known = index.get(key);
      if (known === undefined) index.set(key, [change]);
      else known.push(change);
    }
    return index;
  }
}

/** The largest of ascending `values` below `limit`: a hostile list may hold very many. */
function lastBefore(values: readonly number[], limit: number): number | undefined {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return values[low - 1];
}
