/** How fast counters grow: over the last seconds, so that rates are of what happens now, and fall to 0 when nothing does. */

/** Less says little of a second, and would make the first samples of anything look like a burst. */
const LEAST_RATE_SPAN_MS = 1000;

interface Sample<T> {
  /** Monotonic clock. */
  readonly atMs: number;
  readonly totals: T;
}

/** Samples of counters that only grow. Between two samples they are taken to have grown steadily. */
export class SampleWindow<T extends Readonly<Record<string, number>>> {
  private readonly spanMs: number;
  private readonly resolutionMs: number;
  private readonly samples: Sample<T>[] = [];

  /**
   * Keeps what {@link increase} needs for spans up to `spanMs`. Of samples between two that are less than
   * `resolutionMs` apart none is kept, so that counters may be sampled whenever they grow.
   */
  constructor(spanMs: number, resolutionMs = 0) {
    this.spanMs = spanMs;
    this.resolutionMs = resolutionMs;
  }

  get latest(): T | undefined {
    return this.samples.at(-1)?.totals;
  }

  /** `atMs`: not before the sample added last. */
  add(atMs: number, totals: T): void {
    const { samples } = this;
    const before = samples.at(-2);
    if (before !== undefined && atMs - before.atMs < this.resolutionMs) samples.pop();
    samples.push({ atMs, totals });
    // One sample beyond the span stays, so that the whole span is always covered.
    while (samples.length > 2 && samples[1]!.atMs <= atMs - this.spanMs) samples.shift();
  }

  /** Increase of a counter in the `spanMs` before the last sample, or since the first one where that is later. */
  increase(counter: keyof T, spanMs: number): number {
    const to = this.samples.at(-1);
    if (to === undefined) return 0;
    return to.totals[counter]! - this.valueAt(counter, to.atMs - spanMs);
  }

  /** The same per second, over one second at least. */
  rate(counter: keyof T, spanMs: number): number {
    const elapsedMs = (this.samples.at(-1)?.atMs ?? 0) - (this.samples[0]?.atMs ?? 0);
    return (this.increase(counter, spanMs) * 1000) / Math.max(LEAST_RATE_SPAN_MS, Math.min(spanMs, elapsedMs));
  }

  private valueAt(counter: keyof T, atMs: number): number {
    const after = this.samples.findIndex((sample) => sample.atMs > atMs);
    const next = this.samples[after];
    if (next === undefined) return this.samples.at(-1)!.totals[counter]!;
    const last = this.samples[after - 1];
    if (last === undefined) return next.totals[counter]!;
    const share = (atMs - last.atMs) / (next.atMs - last.atMs);
    return last.totals[counter]! + share * (next.totals[counter]! - last.totals[counter]!);
  }
}
