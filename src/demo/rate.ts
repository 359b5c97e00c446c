/** How fast a count grows: over the last seconds, so that it follows what happens, and not in jumps. */

const WINDOW_MS = 2_000;

export class Rate {
  private readonly samples: { readonly atMs: number; readonly count: number }[] = [];

  /** Enters the count at `nowMs` of a monotonic clock; returns its growth a second over the window. */
  sample(count: number, nowMs: number): number {
    this.samples.push({ atMs: nowMs, count });
    // The oldest sample kept is the last one that is outside the window, so that the window is full.
    while (this.samples.length > 2 && nowMs - this.samples[1]!.atMs >= WINDOW_MS) this.samples.shift();
    const oldest = this.samples[0]!;
    const elapsedMs = nowMs - oldest.atMs;
    return elapsedMs === 0 ? 0 : ((count - oldest.count) * 1000) / elapsedMs;
  }
}
