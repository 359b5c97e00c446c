/** Repeats a piece of work and says how fast it was, with its spread. */

export interface Measured {
  /** Work units (ledgers) per second: the median of the samples. */
  readonly perSecond: number;
  /** Half the distance between the fastest and the slowest sample, as a part of the median. */
  readonly spread: number;
  readonly samples: number;
  /** Resident set of the process after the last sample, in bytes. */
  readonly rssBytes: number;
}

export interface MeasurePlan {
  readonly samples: number;
  readonly sampleMs: number;
}

/** Runs `work` (which does `units` units) for whole rounds until a sample is long enough; a first sample warms up. */
export async function measure(plan: MeasurePlan, units: number, work: () => unknown): Promise<Measured> {
  const rates: number[] = [];
  for (let sample = 0; sample <= plan.samples; sample += 1) {
    const start = performance.now();
    let rounds = 0;
    let elapsed = 0;
    do {
      const result = work();
      if (result instanceof Promise) await result;
      rounds += 1;
      elapsed = performance.now() - start;
    } while (elapsed < plan.sampleMs);
    if (sample > 0) rates.push((rounds * units * 1000) / elapsed);
  }
  rates.sort((a, b) => a - b);
  const median = rates[rates.length >> 1]!;
  const spread = (rates.at(-1)! - rates[0]!) / 2 / median;
  return { perSecond: median, spread, samples: rates.length, rssBytes: process.memoryUsage.rss() };
}
