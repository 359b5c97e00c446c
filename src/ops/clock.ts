/** Time as a dependency, so that tests need not wait. */
export interface Clock {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Calls `run` once after `ms`, unless the returned function was called before. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
