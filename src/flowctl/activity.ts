/** What a heartbeat of the service reports. Totals are those of /metrics, read from the same counters. */
import type { Clock } from '../ops/clock.js';
import { type ActivityKind, SampledActivity } from './sampled-activity.js';
import type { JudgedStatus, StatusThresholds } from './status-judge.js';

export type ComponentStatus = JudgedStatus | 'STOPPING';

/** The counters, as they stand; a type, since an interface would be no record of numbers. */
export type ActivityTotals = {
  readonly rows: number;
  readonly skipped: number;
  readonly batches: number;
  readonly bytes: number;
  readonly ledgers: number;
  readonly errors: number;
  /** The last ledger delivered. */
  readonly currentLedger: number;
  /** The newest ledger that the source has sent. */
  readonly tipLedger: number;
  /** Ranges that are being read from the source now. */
  readonly openStreams: number;
};

const PROCESSOR: ActivityKind<ActivityTotals> = {
  successes: 'ledgers',
  isWell: (totals, before) => {
    const moved = totals.ledgers !== before?.ledgers || totals.currentLedger !== before.currentLedger;
    // Standing still is only wrong while someone wants ledgers and they are there.
    const hasWork = totals.openStreams > 0 && totals.tipLedger > totals.currentLedger;
    return moved || !hasWork;
  },
  metrics: (totals, rates) => ({
    contracts_processed: totals.rows,
    entries_skipped: totals.skipped,
    batches_created: totals.batches,
    bytes_processed: totals.bytes,
    processing_rate: rates.current('rows'),
    contracts_per_second: rates.average('rows'),
    bytes_per_second: rates.current('bytes'),
    current_ledger: totals.currentLedger,
  }),
};

export class Activity extends SampledActivity<ActivityTotals> {
  constructor(read: () => Promise<ActivityTotals>, thresholds: StatusThresholds, clock: Clock) {
    super(PROCESSOR, read, thresholds, clock);
  }
}
