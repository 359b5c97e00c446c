/**
 * A session: a stream of batches pushed into a window, which any number of readers read.
 *
 *   source -> segment -> batch stream -> window -> readers
 *
 * - Readers cost the source and the decode pool nothing: the batches are made once.
 * - The window full and nothing to release: the session waits, and asks the source for nothing more.
 * - New filters begin a new segment right behind the last ledger handed out under the old ones.
 * - Stopping leaves the source; what was accepted is finished, into the window whether it has room or not, since those
 *   bytes are held anyway.
 */
import { selectColumns } from '../../workers/columns/tables.js';
import { asProcessorError, ProcessorError } from '../../workers/errors.js';
import { emptyRecordBatch, type RecordBatchMessage, wholeBatch } from '../../workers/ipc.js';
import type { DecodeRequest } from '../../workers/request.js';
import type { Logger } from '../ops/logger.js';
import type { RangeRequest } from '../request/range-request.js';
import { batchStream, type BatchStreamParts } from '../stream/batch-stream.js';
import type { StreamStep } from '../stream/stream-steps.js';
import { Bell } from './bell.js';
import type { Counts } from './counts.js';
import { shuttingDown } from '../stream/endings.js';
import { rowsDropped, windowPassed } from './endings.js';
import { Segments } from './segments.js';
import type { SessionMeter } from './session-metrics.js';
import { SessionReader } from './session-reader.js';
import { hasEnded, nextState, type SessionState } from './session-state.js';
import { SlowReaders } from './slow-readers.js';
import type { WindowMemory } from './window-memory.js';
import { entryBytes, Window, type WindowEntry } from './window.js';
import { WindowRoom } from './window-room.js';

export interface SessionParts {
  readonly id: string;
  /** What its batches are made with. */
  readonly stages: Omit<BatchStreamParts, 'memory' | 'draining' | 'onDecoded'>;
  readonly memory: WindowMemory;
  readonly slowReaderTimeoutMs: number;
  readonly counts: Counts;
  readonly meter: SessionMeter;
  readonly logger: Logger;
}

export class Session {
  readonly id: string;
  readonly counts: Counts;
  readonly startedAt = new Date();
  /** As asked for; filters may have changed since, see {@link ranges}. */
  readonly range: RangeRequest;
  readonly window: Window;
  /** Rung when there is more to read, when the session has ended, and when a reader was detached. */
  readonly news = new Bell();
  readonly keepaliveIntervalMs: number;
  readonly emptyBatch: RecordBatchMessage;
  private readonly parts: SessionParts;
  private readonly segments: Segments;
  private readonly readers = new Set<SessionReader>();
  private readonly room: WindowRoom;
  private readonly destroyed = new AbortController();
  private currentState: SessionState = { kind: 'starting' };
  private completeThrough: number;
  private dropped: { readonly unreadFrom: number | undefined } | undefined;

  constructor(range: RangeRequest, parts: SessionParts) {
    this.parts = parts;
    this.id = parts.id;
    this.counts = parts.counts;
    this.range = range;
    this.window = new Window(range.startLedger);
    this.segments = new Segments(range, parts.stages.source);
    this.completeThrough = range.startLedger - 1;
    this.keepaliveIntervalMs = parts.stages.settings.keepaliveIntervalMs;
    this.emptyBatch = emptyRecordBatch(selectColumns(range.decode.table, range.decode.columns).map(({ kind }) => kind));
    const slowReaders = new SlowReaders(this.window, this.readers, parts.slowReaderTimeoutMs, (reader) => {
      parts.meter.readerWasSlow();
      parts.logger.warn({ session: this.id, resume_from: reader.resumeFrom }, 'slow reader detached');
    });
    this.room = new WindowRoom(this.window, parts.memory, slowReaders);
  }

  get state(): SessionState {
    return this.currentState;
  }

  /** The ranges of each set of filters, in order; the last one reaches to the session's end. */
  get ranges(): readonly RangeRequest[] {
    return this.segments.ranges;
  }

  /** Every row up to this ledger has been made. */
  get watermark(): number {
    return this.completeThrough;
  }

  /** The first ledger whose rows a new reader gets. */
  get retainedFrom(): number {
    return this.window.retainedFrom ?? this.completeThrough + 1;
  }

  /**
   * The first ledger whose rows a new reader from `startLedger` on gets: batches are given whole, so that the one which
   * holds that ledger may begin before it. Where it is not made yet nobody knows, and the ledger itself is said.
   */
  retainedFor(startLedger: number | undefined): number {
    if (startLedger === undefined) return this.retainedFrom;
    return this.window.firstLedgerWith(startLedger) ?? startLedger;
  }

  /** The first ledger whose rows were dropped though nobody had read them. */
  get droppedFrom(): number | undefined {
    return this.dropped?.unreadFrom;
  }

  /** Whether readers can still have its rows. */
  get isReadable(): boolean {
    return this.dropped === undefined;
  }

  /** For each reader, the last ledger that it has been given whole. */
  get readersCompleteThrough(): readonly number[] {
    return Array.from(this.readers, ({ resumeFrom }) => resumeFrom - 1);
  }

  /** The source waits, because the window is full of rows that readers have not taken, or that nobody reads. */
  get isWaitingForReaders(): boolean {
    return this.room.isWaitedFor;
  }

  /** Makes batches until the session ends. Never rejects. */
  async run(): Promise<void> {
    try {
      do await this.fillFromSegment();
      while (this.currentState.kind !== 'stopping' && this.segments.advance());
      this.finish();
    } catch (error) {
      this.fail(asProcessorError(error));
    }
    this.parts.memory.settle();
    this.parts.meter.closed();
    this.news.ring();
  }

  /**
   * Adds a reader from `startLedger` on, or from the oldest batch held. Throws WINDOW_PASSED where that ledger is not held
   * any more, and FLIGHT_UNKNOWN where the rows of an ended session are not.
   */
  attach(startLedger: number | undefined, signal: AbortSignal): SessionReader {
    if (this.dropped !== undefined) throw rowsDropped(this.id);
    const { retainedFrom } = this;
    const { endLedger } = this.range;
    const from = startLedger ?? retainedFrom;
    if (from < retainedFrom) throw windowPassed(this.id, from, retainedFrom);
    if (startLedger !== undefined && endLedger !== 0 && from > endLedger) {
      const message = `start_ledger: at most ${endLedger}, the session's last, expected, ${from} found`;
      throw new ProcessorError('REQUEST_INVALID', message, { key: 'start_ledger' });
    }
    const reader = new SessionReader(this, this.window.attach(), from);
    this.readers.add(reader);
    signal.addEventListener('abort', () => reader.detach(), { once: true });
    return reader;
  }

  /** Has the rows of later ledgers made in another way. Returns the first one concerned, if there is any. */
  reconfigure(decode: DecodeRequest): number | undefined {
    if (this.currentState.kind === 'stopping' || hasEnded(this.currentState)) return undefined;
    const from = this.segments.continueWith(decode);
    if (from !== undefined) this.parts.logger.info({ session: this.id, ledger: from }, 'session filters changed');
    return from;
  }

  /** Leaves the source; the session ends when the ledgers under way are done. False where it is over or ending. */
  stop(reason: 'requested' | 'shutdown'): boolean {
    if (this.currentState.kind === 'stopping' || hasEnded(this.currentState)) return false;
    this.currentState = nextState(this.currentState, { kind: 'stopping', reason });
    this.segments.current.leave();
    this.parts.memory.leaveStream();
    this.room.stopped();
    return true;
  }

  /** Lets go of every row. Readers that are left get `failure`, which is made with where to read on. */
  dropRows(failure: (resumeFrom: number) => Error): void {
    this.dropped ??= { unreadFrom: this.window.undeliveredFrom };
    for (const reader of [...this.readers]) reader.detach(failure(reader.resumeFrom));
    this.window.clear();
    this.parts.memory.held(0);
    this.parts.memory.settle();
  }

  /** Ends at once, whatever is under way. */
  destroy(): void {
    this.stop('shutdown');
    this.destroyed.abort();
    this.dropRows(() => shuttingDown());
  }

  /** Gives memory back for another stream; false where none can be spared. */
  giveMemoryBack(): boolean {
    const { memory } = this.parts;
    if (hasEnded(this.currentState)) {
      const isDone = this.readers.size === 0 && this.window.undeliveredFrom === undefined;
      if (!isDone || this.window.bytes === 0) return false;
      this.dropRows(() => rowsDropped(this.id));
      return true;
    }
    const smaller = memory.smallerCapacityBytes;
    if (smaller === undefined) return false;
    this.window.shrink(smaller);
    memory.held(this.window.bytes);
    return memory.giveBack();
  }

  /** Called by readers: one of them has `entry`. */
  took(entry: WindowEntry): void {
    const { counts, meter } = this.parts;
    const { rows } = entry.progress;
    counts.streamed(rows);
    meter.streamed(rows);
    if (!this.window.deliver(entry)) return;
    counts.delivered(rows, this.window.deliveredThrough);
    meter.delivered(rows, this.window.deliveredThrough);
  }

  /** Called by readers: the place of one has changed. */
  moved(): void {
    this.room.readersMoved();
  }

  /** Called by readers: the place of one is free. */
  left(reader: SessionReader): void {
    this.readers.delete(reader);
    this.moved();
    this.news.ring();
  }

  private async fillFromSegment(): Promise<void> {
    const { stages, memory } = this.parts;
    const segment = this.segments.current;
    const parts: BatchStreamParts = {
      ...stages,
      source: segment,
      memory: memory.stream,
      draining: segment.left,
      onDecoded: (ledger, receivedAtMs) => {
        if (this.currentState.kind === 'starting')
          this.currentState = nextState(this.currentState, { kind: 'running' });
        this.counts.decoded(ledger);
        this.parts.meter.decoded(ledger, receivedAtMs);
      },
    };
    for await (const step of batchStream(segment.range, parts, this.destroyed.signal)) await this.keep(step);
    memory.streamIsEmpty();
  }

  private async keep({ batch, progress, heldBytes, buffers }: StreamStep): Promise<void> {
    const tellsNothing = progress.last_ledger < progress.first_ledger;
    if (tellsNothing) return;
    const { memory, counts, meter, stages } = this.parts;
    // In one piece: it is held for long, and written once for each reader.
    const whole = batch && wholeBatch(batch);
    if (whole !== batch) stages.pool.takeBack(buffers);
    const entry: WindowEntry = { batch: whole, progress, isDelivered: false };
    await this.room.waitFor(entryBytes(entry), () => this.currentState.kind === 'stopping');
    this.window.push(entry);
    memory.held(this.window.bytes, heldBytes);
    this.completeThrough = progress.complete_through;
    if (batch !== undefined) {
      counts.batchMade();
      meter.batchMade();
    }
    this.news.ring();
  }

  private finish(): void {
    const { currentState: state, completeThrough } = this;
    const isComplete = completeThrough === this.range.endLedger;
    if (!isComplete && state.kind !== 'stopping') {
      throw new ProcessorError('INTERNAL', `the source ended without an error after ledger ${completeThrough}`);
    }
    const reason = !isComplete && state.kind === 'stopping' ? state.reason : 'completed';
    this.currentState = nextState(state, { kind: 'stopped', reason, endedAt: new Date() });
    this.parts.logger.info({ session: this.id, complete_through: completeThrough, reason }, 'session ended');
  }

  private fail(failure: ProcessorError): void {
    this.currentState = nextState(this.currentState, { kind: 'error', failure, endedAt: new Date() });
    this.parts.meter.failed(failure);
    this.parts.logger.error({ session: this.id, ...failure.place, code: failure.code }, failure.message);
  }
}
