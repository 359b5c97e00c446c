/** What range streams do, in metrics. Their open streams are sampled when metrics are read. */
import type { ProcessorError } from '../../workers/errors.js';
import type { DecodedLedger } from '../../workers/decode-result.js';
import type { BatchProgress } from '../stream/app-metadata.js';
import type { Metrics } from './metrics.js';

/** One open stream's view on the metrics. */
export interface StreamMeter {
  decoded(ledger: DecodedLedger, receivedAtMs: number): void;
  sent(progress: BatchProgress): void;
  failed(error: ProcessorError): void;
  closed(): void;
}

export class StreamMetrics {
  private readonly metrics: Metrics;
  private readonly completeThrough = new Map<StreamMeter, number>();
  private currentLedger = 0;
  private tipLedger = 0;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    metrics.beforeScrape(() => {
      const { of } = metrics;
      of.openStreams.set({ kind: 'range' }, this.completeThrough.size);
      of.watermarkLedger.set(this.completeThrough.size === 0 ? 0 : Math.min(...this.completeThrough.values()));
    });
  }

  /** A stream that begins at `startLedger`. */
  open(startLedger: number): StreamMeter {
    const { of } = this.metrics;
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
        of.flightRecordsStreamed.inc(rows);
        if (this.completeThrough.has(meter)) this.completeThrough.set(meter, completeThrough);
        this.currentLedger = Math.max(this.currentLedger, completeThrough);
        of.currentLedger.set(this.currentLedger);
      },
      failed: (error) => of.processingErrors.inc({ code: error.code }),
      closed: () => this.completeThrough.delete(meter),
    };
    this.completeThrough.set(meter, startLedger - 1);
    return meter;
  }
}
