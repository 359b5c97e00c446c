import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;

/** How late the event loop of this thread runs its timers. */
export class EventLoopDelay {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.histogram.enable();
  }

  /** Seconds by quantile, since the last call; 0 where nothing was measured yet. */
  takeQuantiles(): (readonly ['0.5' | '0.99' | '1', number])[] {
    const { count } = this.histogram;
    // The histogram holds the time between timers, which is their period when nothing is late.
    const late = (nanoseconds: number): number =>
      count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
    const quantiles = [
      ['0.5', late(this.histogram.percentile(50))],
      ['0.99', late(this.histogram.percentile(99))],
      ['1', late(this.histogram.max)],
    ] as const;
    this.histogram.reset();
    return [...quantiles];
  }

  close(): void {
    this.histogram.disable();
  }
}
