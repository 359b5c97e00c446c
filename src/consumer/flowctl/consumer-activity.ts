/** What the consumer's heartbeats report. */
import { type ActivityKind, SampledActivity } from '../../flowctl/sampled-activity.js';
import type { StatusThresholds } from '../../flowctl/status-judge.js';
import type { Clock } from '../../ops/clock.js';

/** The counters, as they stand; a type, since an interface would be no record of numbers. */
export type ConsumerTotals = {
  readonly received: number;
  readonly inserted: number;
  readonly commits: number;
  readonly bytes: number;
  readonly errors: number;
  /** Last ledger such that it and all before it are committed. */
  readonly watermark: number;
  /** Encoded rows that are not committed yet. */
  readonly heldBytes: number;
};

const CONSUMER: ActivityKind<ConsumerTotals> = {
  successes: 'commits',
  // Standing still is only wrong while there are rows to commit.
  isWell: (totals, before) => totals.commits !== before?.commits || totals.heldBytes === 0,
  metrics: (totals, rates) => ({
    records_received: totals.received,
    records_inserted: totals.inserted,
    batches_inserted: totals.commits,
    bytes_received: totals.bytes,
    processing_rate: rates.current('inserted'),
    records_per_second: rates.average('inserted'),
    current_ledger: totals.watermark,
  }),
};

export class ConsumerActivity extends SampledActivity<ConsumerTotals> {
  constructor(read: () => ConsumerTotals, thresholds: StatusThresholds, clock: Clock) {
    super(CONSUMER, read, thresholds, clock);
  }
}
