/**
 * One reader of a session: its own place in the window, and the messages from there on.
 *
 * - What the transport has sent is taken; the batch may go when the other readers have taken it, too.
 * - It ends when the session has ended and everything held was given: well, or with the session's error.
 */
import type { RecordBatchMessage } from '../../workers/ipc.js';
import type { FlightMessage } from '../flight/flight-producer.js';
import { type BatchProgress, encodeProgress, quietProgress } from '../stream/app-metadata.js';
import type { Bell } from './bell.js';
import { resumable, shuttingDown } from '../stream/endings.js';
import { hasEnded, type EndedState, type SessionState } from './session-state.js';
import type { Cursor, Window, WindowEntry } from './window.js';

/** What a reader needs of its session. */
export interface ReaderHost {
  readonly window: Window;
  readonly state: SessionState;
  /** Rung when there is more to read, when the session has ended, and when a reader was failed. */
  readonly news: Bell;
  readonly keepaliveIntervalMs: number;
  /** What a message without rows carries. */
  readonly emptyBatch: RecordBatchMessage;
  /** A reader has `entry`. */
  took(entry: WindowEntry): void;
  /** A reader's place has changed. */
  moved(): void;
  /** A reader's place is free. */
  left(reader: SessionReader): void;
}

export class SessionReader {
  readonly cursor: Cursor;
  private readonly host: ReaderHost;
  private readonly startLedger: number;
  /** Of what was given to the transport. */
  private completeThrough: number;
  private failure: Error | undefined;

  /** Begins at the batch that holds `startLedger`, or where the cursor is if that is later. */
  constructor(host: ReaderHost, cursor: Cursor, startLedger: number) {
    this.host = host;
    this.cursor = cursor;
    this.startLedger = startLedger;
    this.completeThrough = startLedger - 1;
  }

  /** The first ledger that this reader has not been given whole. */
  get resumeFrom(): number {
    return this.completeThrough + 1;
  }

  /** Frees the reader's place; its messages end with `failure`, or just end. */
  detach(failure?: Error): void {
    if (!this.host.window.detach(this.cursor)) return;
    this.failure = failure;
    this.host.left(this);
  }

  async *messages(signal: AbortSignal): AsyncGenerator<FlightMessage, void, undefined> {
    const { host } = this;
    try {
      for (;;) {
        if (this.failure !== undefined) throw this.failure;
        if (signal.aborted) return;
        const entry = this.nextEntry();
        if (entry !== undefined) {
          yield this.give(entry);
        } else if (hasEnded(host.state)) {
          const last = this.lastMessage(host.state);
          if (last !== undefined) yield last;
          return;
        } else if (!(await host.news.heardWithin(host.keepaliveIntervalMs))) {
          yield this.message(undefined, quietProgress(this.completeThrough));
        }
      }
    } finally {
      this.detach();
    }
  }

  /** Steps over what is before the ledger to begin with. */
  private nextEntry(): WindowEntry | undefined {
    const { window } = this.host;
    for (;;) {
      const entry = window.entryAt(this.cursor.next);
      if (entry === undefined) return undefined;
      this.cursor.next += 1;
      if (entry.progress.last_ledger >= this.startLedger) return entry;
      this.cursor.taken = this.cursor.next;
      this.host.moved();
    }
  }

  private give(entry: WindowEntry): FlightMessage {
    const behind = this.cursor.next;
    this.completeThrough = Math.max(this.completeThrough, entry.progress.complete_through);
    return this.message(entry.batch, entry.progress, (wasSent) => {
      if (!wasSent) return;
      this.cursor.taken = behind;
      this.host.took(entry);
      this.host.moved();
    });
  }

  /** What ends the messages: a last one, nothing, or an error. */
  private lastMessage(state: EndedState): FlightMessage | undefined {
    if (state.kind === 'error') throw resumable(state.failure, this.resumeFrom);
    switch (state.reason) {
      case 'completed':
        return undefined;
      case 'requested':
        return this.message(undefined, { ...quietProgress(this.completeThrough), end: 'stopped' });
      case 'shutdown':
        throw resumable(shuttingDown(), this.resumeFrom);
    }
  }

  private message(
    batch: RecordBatchMessage | undefined,
    progress: BatchProgress,
    onSettled?: (wasSent: boolean) => void,
  ): FlightMessage {
    const { metadata, body } = batch ?? this.host.emptyBatch;
    return { metadata, body, appMetadata: encodeProgress(progress), ...(onSettled && { onSettled }) };
  }
}
