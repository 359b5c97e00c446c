/**
 * Where rows wait to be committed: between one who reads a flight and one who writes commits.
 *
 *   reader ── add ──>  [ part | part | part ¦ part ]  ── take ──> writer
 *                        whole ledgers      ¦ pieces of a ledger that goes on
 *
 * - A commit is due when it has enough rows or bytes, when its first ledger has waited long enough, or at the end; and
 *   when the writer has nothing to do, already with a part of that. So a load begins at once, and commits grow to their
 *   full size where writing is what takes the time.
 * - The next commit fills while others are written; when it is full, the reader waits. So at most one commit is held
 *   here: the limits, and what one batch or one ledger has beyond them.
 * - Pieces of a ledger that is not whole never leave the buffer, and can be taken out of it again.
 */
import { Bell } from '../session/bell.js';
import type { LedgerGap } from '../stream/app-metadata.js';
import type { Commit } from './commit.js';
import type { EncodedRows } from './copy/copy-encoder.js';

export interface CommitLimits {
  /** Rows of a commit: it is due from then on. */
  readonly rows: number;
  readonly bytes: number;
  /** Longest that a whole ledger waits. */
  readonly intervalMs: number;
}

/** The part of the limits that is enough for a writer that has nothing else to do. */
const ENOUGH_FOR_IDLE = 1 / 8;

/** Rows as they came, with the last ledger that is whole behind them. */
export interface CommitPart extends EncodedRows {
  readonly completeThrough: number;
  readonly gaps: readonly LedgerGap[];
}

export class CommitBuffer {
  private readonly limits: CommitLimits;
  private readonly changed = new Bell();
  private parts: CommitPart[] = [];
  /** How many of {@link parts} are of whole ledgers. */
  private wholeParts = 0;
  private wholeThrough: number;
  private nextLedger: number;
  private rows = 0;
  private bytes = 0;
  /** When the first whole ledger that waits came in; undefined where none waits. */
  private waitingSinceMs: number | undefined;
  private isClosed = false;

  /** Of ledgers behind `completeThrough`. */
  constructor(completeThrough: number, limits: CommitLimits) {
    this.limits = limits;
    this.wholeThrough = completeThrough;
    this.nextLedger = completeThrough + 1;
  }

  /** The last ledger that is whole here or was taken. */
  get completeThrough(): number {
    return this.wholeThrough;
  }

  get heldBytes(): number {
    return this.bytes;
  }

  get heldRows(): number {
    return this.rows;
  }

  /** Resolves when there is room for more. */
  async add(part: CommitPart): Promise<void> {
    if (part.rows > 0 || part.gaps.length > 0) {
      this.parts.push(part);
      this.rows += part.rows;
      this.bytes += part.bytes.length;
    }
    if (part.completeThrough > this.wholeThrough) {
      this.wholeThrough = part.completeThrough;
      this.wholeParts = this.parts.length;
      this.waitingSinceMs ??= performance.now();
    }
    // Pieces of the next ledger, too, can make it full.
    this.changed.ring();
    while (this.isFull() && !this.isClosed) await this.changed.heard();
  }

  /** Forgets the pieces of a ledger that is not whole: it will be read again from its beginning. */
  dropPieces(): void {
    for (const { rows, bytes } of this.parts.splice(this.wholeParts)) {
      this.rows -= rows;
      this.bytes -= bytes.length;
    }
  }

  /** Nothing more comes; what is whole is due at once. */
  close(): void {
    this.isClosed = true;
    this.changed.ring();
  }

  /** The next commit, when it is due; undefined when the buffer is closed and nothing whole is left in it. */
  async take(): Promise<Commit | undefined> {
    for (;;) {
      if (this.waitingSinceMs === undefined) {
        if (this.isClosed) return undefined;
        await this.changed.heard();
        continue;
      }
      const dueInMs = this.waitingSinceMs + this.limits.intervalMs - performance.now();
      if (this.isClosed || this.has(ENOUGH_FOR_IDLE) || dueInMs <= 0) return this.cut();
      await this.changed.heardWithin(dueInMs);
    }
  }

  private isFull(): boolean {
    return this.waitingSinceMs !== undefined && this.has(1);
  }

  /** Whether there is this part of what a commit may have. */
  private has(part: number): boolean {
    return this.rows >= part * this.limits.rows || this.bytes >= part * this.limits.bytes;
  }

  private cut(): Commit {
    const parts = this.parts.splice(0, this.wholeParts);
    const rows = sum(parts, (part) => part.rows);
    const bytes = sum(parts, (part) => part.bytes.length);
    const commit: Commit = {
      from: this.nextLedger,
      to: this.wholeThrough,
      rows,
      bytes,
      chunks: parts.filter((part) => part.rows > 0).map((part) => part.bytes),
      gaps: parts.flatMap((part) => part.gaps),
      lastClosedAtMs: parts.reduce((latest, part) => Math.max(latest, part.lastClosedAtMs), 0),
    };
    this.nextLedger = this.wholeThrough + 1;
    this.wholeParts = 0;
    this.rows -= rows;
    this.bytes -= bytes;
    this.waitingSinceMs = undefined;
    this.changed.ring();
    return commit;
  }
}

function sum(parts: readonly CommitPart[], of: (part: CommitPart) => number): number {
  return parts.reduce((total, part) => total + of(part), 0);
}
