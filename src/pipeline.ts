/**
 * Joins the stages: a source, the decode pool and the memory they share, into streams that Flight can send. This is the
 * one place that knows all of them.
 */
import { asProcessorError, type ProcessorError } from '../workers/errors.js';
import type { FlightMessage } from './flight/flight-producer.js';
import type { StreamMetrics } from './ops/stream-metrics.js';
import type { Logger } from './ops/logger.js';
import type { DecodePool } from './pool/decode-pool.js';
import type { Quarantine } from './quarantine/quarantine.js';
import type { OpenRange } from './producer/range-producer.js';
import type { RangeRequest } from './request/range-request.js';
import { Counts } from './session/counts.js';
import { Sessions, type SessionsOptions } from './session/sessions.js';
import type { LedgerSource } from './source/ledger-source.js';
import type { MemoryShares } from './stream/memory-shares.js';
import type { StreamSettings } from './stream/batch-stream.js';
import { rangeStream } from './stream/range-stream.js';
import { SlowRanges } from './stream/slow-ranges.js';

export interface PipelineParts {
  readonly source: LedgerSource;
  readonly pool: DecodePool;
  readonly memory: MemoryShares;
  readonly quarantine: Quarantine;
  readonly settings: StreamSettings;
  readonly metrics: StreamMetrics;
  readonly logger: Logger;
  readonly sessions: Pick<SessionsOptions, 'windowBytes' | 'slowReaderTimeoutMs' | 'retentionMs' | 'metrics'>;
}

/** A range stream that is being read. */
export interface RangeReader {
  readonly range: RangeRequest;
  readonly openedAt: Date;
  /** Of what was sent. */
  completeThrough: number;
  rows: number;
}

export class Pipeline {
  /** What all streams together have done. */
  readonly counts = new Counts();
  readonly sessions: Sessions;
  private readonly parts: PipelineParts;
  private readonly draining = new AbortController();
  private readonly readers = new Set<RangeReader>();
  private readonly slowRanges: SlowRanges;

  constructor(parts: PipelineParts) {
    const { source, pool, quarantine, settings, memory, logger } = parts;
    this.parts = parts;
    this.slowRanges = new SlowRanges(memory, parts.sessions.slowReaderTimeoutMs);
    this.sessions = new Sessions({
      stages: { source, pool, quarantine, settings },
      memory,
      counts: this.counts,
      logger,
      ...parts.sessions,
    });
  }

  /** Whoever reads a range stream, the one that came first first. */
  get rangeReaders(): readonly Readonly<RangeReader>[] {
    return [...this.readers];
  }

  /** Opens a range stream. Throws MEMORY_EXHAUSTED at once where it cannot have its share of the memory. */
  readonly openRange: OpenRange = (range, signal, onSent) => {
    // A reader may have left together with its request: then nobody would close what is opened here.
    signal.throwIfAborted();
    const { logger } = this.parts;
    const memory = this.sessions.withSpareMemory(() => this.parts.memory.openStream());
    const meter = this.parts.metrics.open('range', range.startLedger);
    const reader: RangeReader = { range, openedAt: new Date(), completeThrough: range.startLedger - 1, rows: 0 };
    this.readers.add(reader);
    const messages = rangeStream(
      range,
      {
        source: this.parts.source,
        pool: this.parts.pool,
        memory,
        quarantine: this.parts.quarantine,
        settings: this.parts.settings,
        draining: this.draining.signal,
        onDecoded: (ledger, receivedAtMs) => {
          meter.decoded(ledger, receivedAtMs);
          this.counts.decoded(ledger);
        },
        onSent: (progress) => {
          meter.sent(progress);
          reader.completeThrough = progress.complete_through;
          reader.rows += progress.rows;
          this.counts.delivered(progress.rows, progress.complete_through);
          this.counts.streamed(progress.rows);
          onSent(progress.complete_through);
        },
        watch: (candidate) =>
          this.slowRanges.watch({
            ...candidate,
            letGo: (error) => {
              meter.readerWasSlow();
              logger.warn({ start_ledger: range.startLedger, complete_through: reader.completeThrough }, error.message);
              candidate.letGo(error);
            },
          }),
      },
      signal,
    );
    // A stream that nobody starts to read is closed with its call.
    const close = (): void => {
      memory.close();
      meter.closed();
      this.readers.delete(reader);
    };
    signal.addEventListener('abort', close, { once: true });
    return this.logged(range, messages, signal, { failed: meter.failed, close });
  };

  /** Leaves the source; what was accepted is still decoded and delivered. */
  drain(): void {
    this.draining.abort();
    this.sessions.drain();
  }

  private async *logged(
    range: RangeRequest,
    messages: AsyncIterable<FlightMessage>,
    signal: AbortSignal,
    stream: { readonly failed: (error: ProcessorError) => void; readonly close: () => void },
  ): AsyncGenerator<FlightMessage> {
    const { logger } = this.parts;
    const place = { table: range.decode.table, start_ledger: range.startLedger, end_ledger: range.endLedger };
    logger.info(place, 'range stream opened');
    try {
      yield* messages;
      logger.info(place, 'range stream complete');
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = asProcessorError(error);
      stream.failed(failure);
      const level = failure.code === 'SHUTTING_DOWN' ? 'info' : 'error';
      logger[level]({ ...place, ...failure.place, code: failure.code }, failure.message);
      throw failure;
    } finally {
      stream.close();
      if (signal.aborted) logger.info(place, 'range stream left by its reader');
    }
  }
}
