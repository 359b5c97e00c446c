/**
 * One partition of one stream on its way into the database:
 *
 *   Flight ── readInto ──> CommitBuffer ── CommitWriter ──> PostgreSQL
 *
 * - Reading and writing go on side by side; either one waits for the other when the buffer is full or empty.
 * - However reading ends, what is whole is committed.
 */
import type { TableName } from '../../workers/request.js';
import { SpareBuffers } from '../../workers/spare-buffers.js';
import type { DatabaseTarget } from '../postgres/connection/database-target.js';
import type { StreamClaim, StreamPartition } from '../postgres/progress/claim-stream.js';
import type { BackoffOptions } from '../source/backoff.js';
import type { Commit } from './commit.js';
import { CommitBuffer, type CommitLimits } from './commit-buffer.js';
import { CommitWriter } from './commit-writer.js';
import type { CopyEncoder } from './copy/copy-encoder.js';
import type { TableWriter } from './database/write-commit.js';
import type { FlightTarget, LedgerStream } from './flight/ledger-stream.js';
import { type ReadEnd, readInto } from './flight/read-into.js';
import type { LaneObserver } from './lane-observer.js';
import { Patience } from './patience.js';

export interface LaneOptions {
  readonly target: FlightTarget;
  readonly stream: LedgerStream;
  /** The encoder for the schema of a flight, which writes into memory from `spare`. */
  readonly encoderFor: (schema: Uint8Array, spare: SpareBuffers) => CopyEncoder;
  readonly database: DatabaseTarget;
  readonly claim: StreamClaim;
  readonly partition: StreamPartition;
  /** Last ledger to load, inclusive; 0 follows the network. */
  readonly endLedger: number;
  readonly writer: TableWriter;
  readonly limits: CommitLimits;
  readonly maxRetries: number;
  readonly backoff: BackoffOptions;
  readonly observer: LaneObserver;
}

/** Why a lane has ended: its last ledger is committed, its session was stopped, or it was told to stop. */
export type LaneEnd = ReadEnd | 'interrupted';

export type LaneState =
  | { readonly kind: 'waiting' | 'loading' }
  | { readonly kind: 'retrying'; readonly side: 'flight' | 'database'; readonly reason: string }
  | { readonly kind: LaneEnd }
  | { readonly kind: 'failed'; readonly reason: string };

export class Lane {
  readonly table: TableName;
  readonly partition: StreamPartition;
  readonly endLedger: number;
  private readonly options: LaneOptions;
  private readonly buffer: CommitBuffer;
  /** Memory of rows that are committed, to encode the next ones into: fresh memory costs more than the encoding. */
  private readonly spare: SpareBuffers;
  private readonly failed = new AbortController();
  private readonly writer: CommitWriter;
  private committed: number;
  private current: LaneState = { kind: 'waiting' };

  constructor(options: LaneOptions) {
    this.options = options;
    this.table = options.stream.table;
    this.partition = options.partition;
    this.endLedger = options.endLedger;
    this.committed = options.partition.completeThrough;
    this.buffer = new CommitBuffer(this.committed, options.limits);
    this.spare = new SpareBuffers(options.limits.bytes);
    this.writer = new CommitWriter({
      ...options,
      partition: options.partition.partition,
      patience: () => this.patience('database'),
      committed: (commit, durationMs) => this.committedOne(commit, durationMs),
      failed: () => this.end(),
    });
  }

  get state(): LaneState {
    return this.current;
  }

  /** Last ledger that is committed. */
  get completeThrough(): number {
    return this.committed;
  }

  /** Last ledger that was received whole. */
  get receivedThrough(): number {
    return this.buffer.completeThrough;
  }

  /** Encoded rows, waiting or being written. */
  get heldBytes(): number {
    return this.buffer.heldBytes + this.writer.heldBytes;
  }

  /**
   * Loads until the end. When `stop` aborts it commits what is whole and ends; when `hurry` does, it gives that up. Throws
   * what made it impossible to go on.
   */
  async run(stop: AbortSignal, hurry: AbortSignal): Promise<LaneEnd> {
    const cut = (): void => void this.writer.close();
    hurry.addEventListener('abort', cut, { once: true });
    const reading = this.read(AbortSignal.any([stop, this.failed.signal]));
    try {
      this.current = { kind: 'loading' };
      for (;;) {
        await this.writer.ready();
        const commit = await this.buffer.take();
        if (commit === undefined) break;
        this.writer.begin(commit);
      }
      await this.writer.finished();
      const outcome = await reading;
      if ('failure' in outcome && !stop.aborted) throw outcome.failure;
      const kind = 'end' in outcome ? outcome.end : 'interrupted';
      this.current = { kind };
      return kind;
    } catch (error) {
      if (hurry.aborted) {
        // What was not committed in time is read again by the next run.
        this.current = { kind: 'interrupted' };
        return 'interrupted';
      }
      this.current = { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
      throw error;
    } finally {
      this.end();
      await reading;
      hurry.removeEventListener('abort', cut);
      await this.writer.close();
    }
  }

  /** Ends reading, and who waits for it. */
  private end(): void {
    this.failed.abort();
    this.buffer.close();
  }

  private async read(signal: AbortSignal): Promise<{ readonly end: ReadEnd } | { readonly failure: unknown }> {
    const { target, stream, endLedger, encoderFor, observer } = this.options;
    const patience = this.patience('flight');
    const reading = {
      target,
      stream,
      endLedger,
      encoderFor: (schema: Uint8Array) => encoderFor(schema, this.spare),
      patience,
      observer: {
        received: (rows: number, bytes: number) => {
          this.recovered('flight');
          observer.receivedRows(this, rows, bytes);
        },
      },
    };
    try {
      return { end: await readInto(this.buffer, reading, signal) };
    } catch (failure) {
      return { failure };
    } finally {
      this.buffer.close();
    }
  }

  private committedOne(commit: Commit, durationMs: number): void {
    // Only now: until PostgreSQL has the rows, they may have to be sent again.
    for (const chunk of commit.chunks) this.spare.add(chunk.buffer);
    this.committed = commit.to;
    this.recovered('database');
    this.options.observer.committed(this, commit, durationMs);
  }

  private patience(side: 'flight' | 'database'): Patience {
    const { maxRetries, backoff, observer } = this.options;
    return new Patience({
      maxRetries,
      backoff,
      onRetry: (error, retries, pauseMs) => {
        this.current = { kind: 'retrying', side, reason: error instanceof Error ? error.message : String(error) };
        observer.retrying(this, side, error, retries, pauseMs);
      },
    });
  }

  private recovered(side: 'flight' | 'database'): void {
    const { current } = this;
    if (current.kind !== 'retrying' || current.side !== side) return;
    this.current = { kind: 'loading' };
    this.options.observer.recovered(this, side);
  }
}
