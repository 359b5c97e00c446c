/** How busy threads are, from the time that they have worked so far. Each reader has one of its own. */
export class BusyShare {
  private readonly busyMs: () => number;
  private readonly threads: number;
  private busyBefore: number;
  private askedAt = performance.now();

  /** Of so many `threads`, which all together have been busy for `busyMs`. */
  constructor(busyMs: () => number, threads: number) {
    this.busyMs = busyMs;
    this.threads = threads;
    this.busyBefore = busyMs();
  }

  /** Share of the time since it was last asked that the threads were busy, 0 to 1. */
  take(): number {
    const now = performance.now();
    const busyNow = this.busyMs();
    const share = (busyNow - this.busyBefore) / (this.threads * Math.max(1, now - this.askedAt));
    this.busyBefore = busyNow;
    this.askedAt = now;
    return Math.min(1, share);
  }
}
