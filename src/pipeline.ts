/**
 * Joins the stages: a source, the decode pool and the memory they share, into streams that Flight can send. This is the
 * one place that knows all of them.
 */
import { asProcessorError } from '../workers/errors.js';
import type { FlightMessage } from './flight/flight-producer.js';
import type { StreamMetrics } from './ops/stream-metrics.js';
import type { Logger } from './ops/logger.js';
import type { DecodePool } from './pool/decode-pool.js';
import type { OpenRange } from './producer/range-producer.js';
import type { RangeRequest } from './request/range-request.js';
import type { LedgerSource } from './source/ledger-source.js';
import type { MemoryShares } from './stream/memory-shares.js';
import type { StreamSettings } from './stream/batch-stream.js';
import { rangeStream } from './stream/range-stream.js';

export interface PipelineParts {
  readonly source: LedgerSource;
  readonly pool: DecodePool;
  readonly memory: MemoryShares;
  readonly settings: StreamSettings;
  readonly metrics: StreamMetrics;
  readonly logger: Logger;
}

export class Pipeline {
  private readonly parts: PipelineParts;
  private readonly draining = new AbortController();

  constructor(parts: PipelineParts) {
    this.parts = parts;
  }

  /** Opens a range stream. Throws MEMORY_EXHAUSTED at once where it cannot have its share of the memory. */
  readonly openRange: OpenRange = (range, signal, onSent) => {
    const memory = this.parts.memory.openStream();
    const meter = this.parts.metrics.open(range.startLedger);
    const messages = rangeStream(
      range,
      {
        source: this.parts.source,
        pool: this.parts.pool,
        memory,
        settings: this.parts.settings,
        draining: this.draining.signal,
        onDecoded: (ledger, receivedAtMs) => meter.decoded(ledger, receivedAtMs),
        onSent: (progress) => {
          meter.sent(progress);
          onSent(progress.complete_through);
        },
      },
      signal,
    );
    // A stream that nobody starts to read is closed with its call.
    signal.addEventListener('abort', () => memory.close(), { once: true });
    return this.logged(range, messages, signal, meter);
  };

  /** Leaves the source; what was accepted is still decoded and delivered. */
  drain(): void {
    this.draining.abort();
  }

  private async *logged(
    range: RangeRequest,
    messages: AsyncIterable<FlightMessage>,
    signal: AbortSignal,
    meter: ReturnType<StreamMetrics['open']>,
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
      meter.failed(failure);
      const level = failure.code === 'SHUTTING_DOWN' ? 'info' : 'error';
      logger[level]({ ...place, ...failure.place, code: failure.code }, failure.message);
      throw failure;
    } finally {
      meter.closed();
      if (signal.aborted) logger.info(place, 'range stream left by its reader');
    }
  }
}
