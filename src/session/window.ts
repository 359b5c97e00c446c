/**
 * The batches that a session holds for its readers, in order, and how far each reader is.
 *
 *   oldest                                   newest
 *   │ 17 │ 18 │ 19 │ 20 │ 21 │ 22 │
 *     ▲ taken       ▲ next            a cursor: 17 and 18 are with the transport, 19 was not asked for
 *
 * - A batch goes only to make room, and only when every attached reader has taken it: the transport has sent it.
 * - With no reader attached nothing goes.
 * - There is always room for two batches, whatever their size.
 * - A reader begins at a whole ledger: not behind the first piece of one whose other pieces are gone.
 */
import type { RecordBatchMessage } from '../../workers/ipc.js';
import type { BatchProgress } from '../stream/app-metadata.js';

const LEAST_BATCHES = 2;

/** What an entry takes beside its batch. */
const ENTRY_BYTES = 512;

export interface WindowEntry {
  /** Undefined where the ledgers have no rows. */
  readonly batch: RecordBatchMessage | undefined;
  readonly progress: BatchProgress;
  /** Some reader has it. */
  isDelivered: boolean;
}

/** A reader's place. Numbers count entries from the session's first. */
export interface Cursor {
  /** The entry to give next. */
  next: number;
  /** The first entry that the reader does not have yet. */
  taken: number;
}

export function entryBytes({ batch }: Pick<WindowEntry, 'batch'>): number {
  return ENTRY_BYTES + (batch === undefined ? 0 : batch.metadata.byteLength + batch.body.byteLength);
}

export class Window {
  private entries: WindowEntry[] = [];
  private firstNumber = 0;
  private heldBytes = 0;
  private deliveredNumber = 0;
  private deliveredLedger: number;
  private readonly cursors = new Set<Cursor>();

  /** `startLedger`: of the session. */
  constructor(startLedger: number) {
    this.deliveredLedger = startLedger - 1;
  }

  get bytes(): number {
    return this.heldBytes;
  }

  get readers(): number {
    return this.cursors.size;
  }

  /** The number that the next entry will have. */
  get end(): number {
    return this.firstNumber + this.entries.length;
  }

  /** The last ledger such that it and all before it have been delivered; the one before the start at first. */
  get deliveredThrough(): number {
    return this.deliveredLedger;
  }

  /** The first ledger that a reader who attaches now can get whole; undefined where nothing is held. */
  get retainedFrom(): number | undefined {
    const whole = this.entryAt(this.firstWhole());
    if (whole !== undefined) return whole.progress.first_ledger;
    const newest = this.entries.at(-1);
    return newest && newest.progress.last_ledger + 1;
  }

  /** The first ledger of the batch that holds `ledger`; undefined where none does yet. */
  firstLedgerWith(ledger: number): number | undefined {
    return this.entries.find(({ progress }) => progress.last_ledger >= ledger)?.progress.first_ledger;
  }

  /** The first ledger among those held that no reader has. */
  get undeliveredFrom(): number | undefined {
    return this.entries.find((entry) => !entry.isDelivered)?.progress.first_ledger;
  }

  entryAt(number: number): WindowEntry | undefined {
    return this.entries[number - this.firstNumber];
  }

  /** A cursor at the oldest entry that begins a ledger. */
  attach(): Cursor {
    const start = this.firstWhole();
    const cursor = { next: start, taken: start };
    this.cursors.add(cursor);
    return cursor;
  }

  detach(cursor: Cursor): boolean {
    return this.cursors.delete(cursor);
  }

  /** Whether the reader has all there is. */
  isIdle(cursor: Cursor): boolean {
    return cursor.taken === this.end;
  }

  /** Whether the reader is one that the oldest entry is kept for. */
  isLast(cursor: Cursor): boolean {
    return cursor.taken <= this.firstNumber;
  }

  /** Whether an entry of `bytes` has room within `capacityBytes`, once what may go is gone. */
  makeRoom(bytes: number, capacityBytes: number): boolean {
    this.release(LEAST_BATCHES - 1, capacityBytes - bytes);
    return this.entries.length < LEAST_BATCHES || this.heldBytes + bytes <= capacityBytes;
  }

  /** Lets go of what may go, until at most `bytes` are held. */
  shrink(bytes: number): void {
    this.release(0, bytes);
  }

  push(entry: WindowEntry): void {
    const last = this.entries.at(-1);
    if (last !== undefined && this.joins(last, entry)) {
      this.entries[this.entries.length - 1] = {
        ...entry,
        progress: { ...entry.progress, first_ledger: last.progress.first_ledger },
      };
      return;
    }
    this.entries.push(entry);
    this.heldBytes += entryBytes(entry);
  }

  /** Notes that a reader has `entry`; true for the first one. */
  deliver(entry: WindowEntry): boolean {
    if (entry.isDelivered) return false;
    entry.isDelivered = true;
    this.advanceDelivered();
    return true;
  }

  clear(): void {
    this.firstNumber = this.end;
    this.entries = [];
    this.heldBytes = 0;
  }

  private release(leastEntries: number, bytes: number): void {
    if (this.cursors.size === 0) return;
    const kept = Math.min(...Array.from(this.cursors, ({ taken }) => taken));
    while (this.entries.length > leastEntries && this.heldBytes > bytes && this.firstNumber < kept) {
      this.heldBytes -= entryBytes(this.entries.shift()!);
      this.firstNumber += 1;
    }
    this.advanceDelivered();
  }

  /** What readers have skipped on purpose and is gone counts as passed. */
  private advanceDelivered(): void {
    this.deliveredNumber = Math.max(this.deliveredNumber, this.firstNumber);
    for (let entry = this.entryAt(this.deliveredNumber); entry?.isDelivered === true;) {
      this.deliveredLedger = entry.progress.complete_through;
      this.deliveredNumber += 1;
      entry = this.entryAt(this.deliveredNumber);
    }
  }

  private firstWhole(): number {
    const index = this.entries.findIndex(({ progress }) => (progress.piece ?? 1) === 1);
    return index === -1 ? this.end : this.firstNumber + index;
  }

  /** Ledgers without rows share an entry, so that a quiet network never fills a window that nobody reads. */
  private joins(last: WindowEntry, entry: WindowEntry): boolean {
    const number = this.end - 1;
    const isAskedFor = [...this.cursors].some(({ next }) => next > number);
    return !isAskedFor && !last.isDelivered && onlyTellsHowFar(last) && onlyTellsHowFar(entry);
  }
}

const PLAIN_PROGRESS: ReadonlySet<string> = new Set(['v', 'first_ledger', 'last_ledger', 'complete_through', 'rows']);

function onlyTellsHowFar({ batch, progress }: WindowEntry): boolean {
  return batch === undefined && Object.keys(progress).every((key) => PLAIN_PROGRESS.has(key));
}
