/** What sessions do, in metrics. As streams they are metered like the others; rows count when they are first delivered. */
import type { Metrics } from '../ops/metrics.js';
import type { StreamMeter, StreamMetrics } from '../ops/stream-metrics.js';
import { quietProgress } from '../stream/app-metadata.js';
import type { Sessions } from './sessions.js';

/** One session's view on the metrics. */
export interface SessionMeter extends Pick<StreamMeter, 'decoded' | 'failed' | 'closed' | 'readerWasSlow'> {
  batchMade(): void;
  /** A batch of `rows` reached its first reader; the session is delivered through `completeThrough`. */
  delivered(rows: number, completeThrough: number): void;
  /** A batch of `rows` reached a reader. */
  streamed(rows: number): void;
}

export class SessionMetrics {
  private readonly metrics: Metrics;
  private readonly streams: StreamMetrics;

  constructor(metrics: Metrics, streams: StreamMetrics) {
    this.metrics = metrics;
    this.streams = streams;
  }

  /** A session that begins at `startLedger`. */
  open(startLedger: number): SessionMeter {
    const { of } = this.metrics;
    const stream = this.streams.open('session', startLedger);
    return {
      decoded: (ledger, receivedAtMs) => stream.decoded(ledger, receivedAtMs),
      failed: (error) => stream.failed(error),
      closed: () => stream.closed(),
      batchMade: () => of.batchesCreated.inc(),
      delivered: (rows, completeThrough) => {
        of.contractsProcessed.inc(rows);
        stream.sent(quietProgress(completeThrough));
      },
      streamed: (rows) => of.flightRecordsStreamed.inc(rows),
      readerWasSlow: () => stream.readerWasSlow(),
    };
  }
}

/** Tells metrics how many are active whenever they are read. */
export function sampleSessions(metrics: Metrics, sessions: Sessions): void {
  metrics.beforeRead(() => metrics.of.activeSessions.set(sessions.active.length));
}
