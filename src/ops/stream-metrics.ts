/** What streams of rows do, in metrics: ranges, sessions, and pipelines of flowctl. Which are open is sampled when metrics are read. */
import type { ProcessorError } from '../../workers/errors.js';
import type { DecodedLedger } from '../../workers/decode-result.js';
import type { BatchProgress } from '../stream/app-metadata.js';
import { STREAM_KINDS, type StreamKind } from './metric-table.js';
import type { Metrics } from './metrics.js';

/** One open stream's view on the metrics. */
export interface StreamMeter {
  decoded(ledger: DecodedLedger, receivedAtMs: number): void;
  sent(progress: BatchProgress): void;
  readonly failed: (error: ProcessorError) => void;
  readerWasSlow(): void;
  closed(): void;
}

interface OpenStream {
  readonly kind: StreamKind;
  completeThrough: number;
}

export class StreamMetrics {
  private readonly metrics: Metrics;
  private readonly streams = new Map<StreamMeter, OpenStream>();
  private currentLedger = 0;
  private tipLedger = 0;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    metrics.beforeRead(() => {
      const { of } = metrics;
      const open = [...this.streams.values()];
      for (const kind of STREAM_KINDS)
        of.openStreams.set({ kind }, open.filter((stream) => stream.kind === kind).length);
      const watermarks = open.map(({ completeThrough }) => completeThrough);
      of.watermarkLedger.set(watermarks.length === 0 ? 0 : Math.min(...watermarks));
    });
  }

  /** A stream that begins at `startLedger`. */
  open(kind: StreamKind, startLedger: number): StreamMeter {
    const { of } = this.metrics;
    const stream: OpenStream = { kind, completeThrough: startLedger - 1 };
    const meter: StreamMeter = {
      decoded: (ledger, receivedAtMs) => {
        of.ledgersProcessed.inc();
        of.bytesProcessed.inc(ledger.bytes);
        of.entriesSkipped.inc(ledger.skipped);
        of.processingDuration.observe((performance.now() - receivedAtMs) / 1000);
        if (ledger.sequence <= this.tipLedger) return;
        this.tipLedger = ledger.sequence;
        of.tipLedger.set(ledger.sequence);
        of.sourceLag.set(Date.now() / 1000 - ledger.closeTime);
      },
      sent: (progress) => {
        const { rows, complete_through: completeThrough } = progress;
        if (rows > 0) of.batchesCreated.inc();
        of.contractsProcessed.inc(rows);
        if (kind === 'range') of.flightRecordsStreamed.inc(rows);
        stream.completeThrough = completeThrough;
        // A stream that waits for its first ledger tells of the one before, which nobody was sent.
        if (completeThrough >= startLedger) this.currentLedger = Math.max(this.currentLedger, completeThrough);
        of.currentLedger.set(this.currentLedger);
      },
      failed: (error) => of.processingErrors.inc({ code: error.code }),
      readerWasSlow: () => of.slowReaders.inc(),
      closed: () => this.streams.delete(meter),
    };
    this.streams.set(meter, stream);
    return meter;
  }
}
