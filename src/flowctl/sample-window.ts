/** The last minute of counters, so that rates are of what happens now and fall to 0 when nothing does. */

export interface Sample<T> {
  /** Monotonic clock. */
  readonly atMs: number;
  readonly totals: T;
}

export class SampleWindow<T extends Readonly<Record<string, number>>> {
  private readonly spanMs: number;
  private readonly samples: Sample<T>[] = [];

  /** Keeps what {@link increase} needs for spans up to `spanMs`. */
  constructor(spanMs: number) {
    this.spanMs = spanMs;
  }

  get latest(): T | undefined {
    return this.samples.at(-1)?.totals;
  }

  add(atMs: number, totals: T): void {
    this.samples.push({ atMs, totals });
    // One sample beyond the span stays, so that the whole span is always covered.
    while (this.samples.length > 2 && this.samples[1]!.atMs <= atMs - this.spanMs) this.samples.shift();
  }

  /** Increase of a counter over the last `spanMs`, or since the first sample where that is later. */
  increase(counter: keyof T, spanMs: number): number {
    const [from, to] = this.ends(spanMs);
    return from === undefined || to === undefined ? 0 : to.totals[counter]! - from.totals[counter]!;
  }

  /** The same per second. */
  rate(counter: keyof T, spanMs: number): number {
    const [from, to] = this.ends(spanMs);
    if (from === undefined || to === undefined || to.atMs <= from.atMs) return 0;
    return this.increase(counter, spanMs) / ((to.atMs - from.atMs) / 1000);
  }

  private ends(spanMs: number): [Sample<T> | undefined, Sample<T> | undefined] {
    const to = this.samples.at(-1);
    if (to === undefined) return [undefined, undefined];
    const from = this.samples.findLast((sample) => sample.atMs <= to.atMs - spanMs) ?? this.samples[0];
    return [from, to];
  }
}
