/**
 * What the heartbeats of a component report, from counters that are sampled every second of monotonic time: totals, rates
 * over a sliding window, and a status judged from them.
 */
import type { Clock } from '../ops/clock.js';
import { SampleWindow } from '../ops/sample-window.js';
import { type JudgedStatus, StatusJudge, type StatusThresholds } from './status-judge.js';

const SAMPLE_MS = 1000;
const CURRENT_SPAN_MS = 10_000;
const AVERAGE_SPAN_MS = 60_000;

export interface ActivityReport {
  readonly status: JudgedStatus;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A counter's rates per second: over the last seconds, and over the last minute. */
export interface Rates<T> {
  current(counter: keyof T): number;
  average(counter: keyof T): number;
}

/** What sets the activity of one kind of component apart. */
export interface ActivityKind<T> {
  /** The counter of what succeeds, which errors are a share of. */
  readonly successes: keyof T;
  /** Whether something went forward since `before`, or there was nothing to do. */
  isWell(totals: T, before: T | undefined): boolean;
  /** By the names that flowctl is to show. */
  metrics(totals: T, rates: Rates<T>): Readonly<Record<string, number>>;
}

export class SampledActivity<T extends Readonly<Record<string, number>> & { readonly errors: number }> {
  private readonly kind: ActivityKind<T>;
  private readonly read: () => T | Promise<T>;
  private readonly clock: Clock;
  private readonly judge: StatusJudge;
  private readonly window = new SampleWindow<T>(AVERAGE_SPAN_MS);
  private wellAtMs: number;
  private cancel: () => void = () => undefined;
  private isClosed = false;

  /** `read` gives the counters as they stand. */
  constructor(kind: ActivityKind<T>, read: () => T | Promise<T>, thresholds: StatusThresholds, clock: Clock) {
    this.kind = kind;
    this.read = read;
    this.clock = clock;
    this.judge = new StatusJudge(thresholds);
    this.wellAtMs = clock.now();
    this.tick();
  }

  /** Reads the counters once more and reports. */
  async report(): Promise<ActivityReport> {
    const totals = await this.sample();
    const { window, kind } = this;
    const errors = window.increase('errors', AVERAGE_SPAN_MS);
    const tried = window.increase(kind.successes, AVERAGE_SPAN_MS) + errors;
    const errorRate = tried === 0 ? 0 : (100 * errors) / tried;
    const rates: Rates<T> = {
      current: (counter) => rounded(window.rate(counter, CURRENT_SPAN_MS)),
      average: (counter) => rounded(window.rate(counter, AVERAGE_SPAN_MS)),
    };
    return {
      status: this.judge.judge(errorRate, this.clock.now() - this.wellAtMs),
      metrics: { ...kind.metrics(totals, rates), error_count: totals.errors, error_rate: rounded(errorRate) },
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

  private async sample(): Promise<T> {
    const totals = await this.read();
    if (this.kind.isWell(totals, this.window.latest)) this.wellAtMs = this.clock.now();
    this.window.add(this.clock.now(), totals);
    return totals;
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
