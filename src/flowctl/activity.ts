/**
 * What a heartbeat reports: totals, rates over a sliding window of monotonic time, and a status judged from them. Totals
 * are those of /metrics, read from the same counters.
 */
import type { Clock } from '../ops/clock.js';
import { SampleWindow } from '../ops/sample-window.js';
import { type JudgedStatus, StatusJudge, type StatusThresholds } from './status-judge.js';

const SAMPLE_MS = 1000;
const CURRENT_SPAN_MS = 10_000;
const AVERAGE_SPAN_MS = 60_000;

export type ComponentStatus = JudgedStatus | 'STOPPING';

export interface ActivityReport {
  readonly status: JudgedStatus;
  readonly metrics: Readonly<Record<string, number>>;
}

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

const NOTHING: ActivityTotals = {
  rows: 0,
  skipped: 0,
  batches: 0,
  bytes: 0,
  ledgers: 0,
  errors: 0,
  currentLedger: 0,
  tipLedger: 0,
  openStreams: 0,
};

export class Activity {
  private readonly read: () => Promise<ActivityTotals>;
  private readonly clock: Clock;
  private readonly judge: StatusJudge;
  private readonly window = new SampleWindow<ActivityTotals>(AVERAGE_SPAN_MS);
  private movedAtMs: number;
  private cancel: () => void = () => undefined;
  private isClosed = false;

  constructor(read: () => Promise<ActivityTotals>, thresholds: StatusThresholds, clock: Clock) {
    this.read = read;
    this.clock = clock;
    this.judge = new StatusJudge(thresholds);
    this.movedAtMs = clock.now();
    this.tick();
  }

  /** Reads the counters once more and reports. */
  async report(): Promise<ActivityReport> {
    await this.sample();
    const { window } = this;
    const totals = window.latest ?? NOTHING;
    const errors = window.increase('errors', AVERAGE_SPAN_MS);
    const tried = window.increase('ledgers', AVERAGE_SPAN_MS) + errors;
    const errorRate = tried === 0 ? 0 : (100 * errors) / tried;
    return {
      status: this.judge.judge(errorRate, this.clock.now() - this.movedAtMs),
      metrics: {
        contracts_processed: totals.rows,
        entries_skipped: totals.skipped,
        batches_created: totals.batches,
        bytes_processed: totals.bytes,
        processing_rate: rounded(window.rate('rows', CURRENT_SPAN_MS)),
        contracts_per_second: rounded(window.rate('rows', AVERAGE_SPAN_MS)),
        bytes_per_second: rounded(window.rate('bytes', CURRENT_SPAN_MS)),
        current_ledger: totals.currentLedger,
        error_count: totals.errors,
        error_rate: rounded(errorRate),
      },
    };
  }

  close(): void {
    this.isClosed = true;
    this.cancel();
  }

  private tick(): void {
    void this.sample().then(() => {
      if (!this.isClosed) this.cancel = this.clock.after(SAMPLE_MS, () => this.tick());
    });
  }

  private async sample(): Promise<void> {
    const totals = await this.read();
    const before = this.window.latest;
    const moved =
      before === undefined || totals.ledgers !== before.ledgers || totals.currentLedger !== before.currentLedger;
    // Standing still is only wrong while someone wants ledgers and they are there.
    const hasWork = totals.openStreams > 0 && totals.tipLedger > totals.currentLedger;
    if (moved || !hasWork) this.movedAtMs = this.clock.now();
    this.window.add(this.clock.now(), totals);
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
