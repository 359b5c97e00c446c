/**
 * Puts what a source sends into an unbroken sequence of ledgers, each once.
 *
 * - A message that comes early is held, within limits, until those before it have come; sources may swap ledgers.
 * - A message that overlaps what is done, or the range's end, says so by `first` and `last`; its bytes are whole.
 * - A message whose ledgers have all come before is given without any due, so that whoever reads ledgers can find out
 *   whether they are the same. Here nobody knows where in a chunk a ledger begins.
 */
import { invalidMessage } from './source-errors.js';
import type { LedgerRange } from './ledger-source.js';
import type { SourceMessage } from './source-message.js';

/** Messages, and bytes, that may be held early. A lone message above the bytes is held too. */
const MAX_HELD_MESSAGES = 16;
const MAX_HELD_BYTES = 8 * 1024 * 1024;
const LAST_UINT32 = 0xffff_ffff;

/** A message in its turn. */
export interface DueMessage {
  readonly message: SourceMessage;
  /** Of its ledgers, these are due; none where `last` is before `first`. */
  readonly first: number;
  readonly last: number;
  /** Of its ledgers, those from this one up to `first` have come before; `first` where there are none. */
  readonly repeatedFrom: number;
}

export class Continuity {
  private due: number;
  private readonly start: number;
  private readonly end: number;
  private held: SourceMessage[] = [];
  private heldBytes = 0;
  private repeatedCount = 0;

  constructor(range: LedgerRange) {
    this.due = this.start = range.startLedger;
    this.end = range.endLedger === 0 ? LAST_UINT32 : range.endLedger;
  }

  /** The ledger that is due next. */
  get next(): number {
    return this.due;
  }

  get isComplete(): boolean {
    return this.due > this.end;
  }

  /** Ledgers given that had come before. */
  get repeated(): number {
    return this.repeatedCount;
  }

  /** The first ledger that came early and is held, or undefined. */
  get earliestHeld(): number | undefined {
    return this.held.length === 0 ? undefined : Math.min(...this.held.map(({ first }) => first));
  }

  /** Whether so much is held that the ledger due next must be given up. */
  get isOverfull(): boolean {
    return this.held.length > MAX_HELD_MESSAGES || (this.held.length > 1 && this.heldBytes > MAX_HELD_BYTES);
  }

  /** Takes a message and gives those whose turn it is. Throws a ProcessorError for one that makes no sense. */
  accept(message: SourceMessage): DueMessage[] {
    this.check(message);
    if (this.isComplete) return [];
    this.held.push(message);
    this.heldBytes += message.bytes.byteLength;
    return message.first > this.due ? [] : this.release();
  }

  /** A new stream begins at the ledger due next, and brings again what is held. */
  restart(): void {
    this.held = [];
    this.heldBytes = 0;
  }

  private release(): DueMessage[] {
    const released: DueMessage[] = [];
    for (;;) {
      const index = this.held.findIndex(({ first }) => first <= this.due);
      if (index < 0) return released;
      const [message] = this.held.splice(index, 1) as [SourceMessage];
      this.heldBytes -= message.bytes.byteLength;
      // A range may begin within a message, or behind it: what is before the range has not come.
      const repeatedFrom = Math.min(this.due, Math.max(message.first, this.start));
      const repeated = Math.min(this.due, message.last + 1) - repeatedFrom;
      const due = { message, first: this.due, last: Math.min(message.last, this.end), repeatedFrom };
      if (repeated > 0) this.repeatedCount += repeated;
      if (repeated > 0 || due.last >= due.first) released.push(due);
      this.due = Math.max(this.due, due.last + 1);
    }
  }

  private check({ first, last, bytes }: SourceMessage): void {
    if (first === 0) throw invalidMessage(this.due, 'a message without a sequence');
    if (last < first) throw invalidMessage(this.due, `a chunk of ledgers ${first} to ${last}`);
    if (bytes.byteLength === 0) throw invalidMessage(this.due, `ledger ${first} without bytes`);
  }
}
