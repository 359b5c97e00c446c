/**
 * Puts what a source sends into an unbroken sequence of ledgers, each once.
 *
 * - A message that comes early is held, within limits, until those before it have come; sources may swap ledgers.
 * - A message that was there before is dropped and counted when its bytes are the same, and an error when they differ.
 * - A message that overlaps what is done, or the range's end, says so by `first` and `last`; its bytes are whole.
 */
import { crc32 } from 'node:zlib';
import { conflictingRepeat, invalidMessage } from './source-errors.js';
import type { LedgerRange } from './ledger-source.js';
import type { SourceMessage } from './source-message.js';

/** Messages, and bytes, that may be held early. A lone message above the bytes is held too. */
const MAX_HELD_MESSAGES = 16;
const MAX_HELD_BYTES = 8 * 1024 * 1024;
/** Messages whose bytes are remembered for comparison, by a checksum. Repeats follow closely. */
const REMEMBERED_MESSAGES = 1024;
const LAST_UINT32 = 0xffff_ffff;

/** A message in its turn: of its ledgers, `first` to `last` are due. */
export interface DueMessage {
  readonly message: SourceMessage;
  readonly first: number;
  readonly last: number;
}

export class Continuity {
  private due: number;
  private readonly end: number;
  private held: SourceMessage[] = [];
  private heldBytes = 0;
  private readonly checksums = new Map<string, number>();
  private repeatedCount = 0;

  constructor(range: LedgerRange) {
    this.due = range.startLedger;
    this.end = range.endLedger === 0 ? LAST_UINT32 : range.endLedger;
  }

  /** The ledger that is due next. */
  get next(): number {
    return this.due;
  }

  get isComplete(): boolean {
    return this.due > this.end;
  }

  /** Messages dropped because they were there before. */
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
    const { first, last } = message;
    this.compare(message);
    if (last < this.due || this.held.some((held) => held.first === first && held.last === last)) {
      this.repeatedCount += 1;
      return [];
    }
    this.held.push(message);
    this.heldBytes += message.bytes.byteLength;
    return first > this.due ? [] : this.release();
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
      if (index < 0 || this.isComplete) return released;
      const [message] = this.held.splice(index, 1) as [SourceMessage];
      this.heldBytes -= message.bytes.byteLength;
      // Another message may have brought all of it.
      if (message.last < this.due) continue;
      const due = { message, first: this.due, last: Math.min(message.last, this.end) };
      released.push(due);
      this.due = due.last + 1;
    }
  }

  private check({ first, last, bytes }: SourceMessage): void {
    if (first === 0) throw invalidMessage(this.due, 'a message without a sequence');
    if (last < first) throw invalidMessage(this.due, `a chunk of ledgers ${first} to ${last}`);
    if (bytes.byteLength === 0) throw invalidMessage(this.due, `ledger ${first} without bytes`);
  }

  private compare({ form, first, last, bytes }: SourceMessage): void {
    const key = `${form} ${first} ${last}`;
    const checksum = crc32(bytes);
    const before = this.checksums.get(key);
    if (before === undefined) {
      this.checksums.set(key, checksum);
      if (this.checksums.size > REMEMBERED_MESSAGES) this.forgetOldest();
    } else if (before !== checksum) throw conflictingRepeat(first, last);
  }

  private forgetOldest(): void {
    for (const key of this.checksums.keys()) {
      this.checksums.delete(key);
      return;
    }
  }
}
