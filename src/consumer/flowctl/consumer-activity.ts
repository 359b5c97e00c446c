/** What the consumer's heartbeats report: totals, rates over a sliding window, and a status judged from them. */
import type { ActivityReport } from '../../flowctl/activity.js';
import { StatusJudge, type StatusThresholds } from '../../flowctl/status-judge.js';
import type { Clock } from '../../ops/clock.js';
import { SampleWindow } from '../../ops/sample-window.js';

const SAMPLE_MS = 1000;
const CURRENT_SPAN_MS = 10_000;
const AVERAGE_SPAN_MS = 60_000;

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

export class ConsumerActivity {
  private readonly read: () => ConsumerTotals;
  private readonly clock: Clock;
  private readonly judge: StatusJudge;
  private readonly window = new SampleWindow<ConsumerTotals>(AVERAGE_SPAN_MS);
  private movedAtMs: number;
  private cancel: () => void = () => undefined;

  constructor(read: () => ConsumerTotals, thresholds: StatusThresholds, clock: Clock) {
    this.read = read;
    this.clock = clock;
    this.judge = new StatusJudge(thresholds);
    this.movedAtMs = clock.now();
    this.tick();
  }

  /** Reads the counters once more and reports. */
  report(): Promise<ActivityReport> {
    const totals = this.sample();
    const { window } = this;
    const errors = window.increase('errors', AVERAGE_SPAN_MS);
    const tried = window.increase('commits', AVERAGE_SPAN_MS) + errors;
    const errorRate = tried === 0 ? 0 : (100 * errors) / tried;
    return Promise.resolve({
      status: this.judge.judge(errorRate, this.clock.now() - this.movedAtMs),
      metrics: {
        records_received: totals.received,
        records_inserted: totals.inserted,
        batches_inserted: totals.commits,
        bytes_received: totals.bytes,
        processing_rate: rounded(window.rate('inserted', CURRENT_SPAN_MS)),
        records_per_second: rounded(window.rate('inserted', AVERAGE_SPAN_MS)),
        current_ledger: totals.watermark,
        error_count: totals.errors,
        error_rate: rounded(errorRate),
      },
    });
  }

  close(): void {
    this.cancel();
  }

  private tick(): void {
    this.sample();
    this.cancel = this.clock.after(SAMPLE_MS, () => this.tick());
  }

  private sample(): ConsumerTotals {
    const totals = this.read();
    // Standing still is only wrong while there are rows to commit.
    if (totals.commits !== this.window.latest?.commits || totals.heldBytes === 0) this.movedAtMs = this.clock.now();
    this.window.add(this.clock.now(), totals);
    return totals;
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
