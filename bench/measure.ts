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
  /** Until then V8 is still optimising, on threads that the measured one shares its cores with. */
  readonly warmUpMs: number;
  readonly samples: number;
  readonly sampleMs: number;
}

/** Runs `work` (which does `units` units) for whole rounds until a sample is long enough; what runs first warms up. */
export function measure(plan: MeasurePlan, units: number, work: () => unknown): Promise<Measured> {
  return measurePrepared(plan, units, () => undefined, work);
}

/** The same for work that uses up what it works on: `prepare` makes that anew before each round, outside the time. */
export async function measurePrepared<T>(
  plan: MeasurePlan,
  units: number,
  prepare: () => T,
  work: (prepared: T) => unknown,
): Promise<Measured> {
  const rates: number[] = [];
  for (let sample = 0; sample <= plan.samples; sample += 1) {
    let rounds = 0;
    let elapsed = 0;
    do {
      const prepared = prepare();
      const start = performance.now();
      const result = work(prepared);
      if (result instanceof Promise) await result;
      rounds += 1;
      elapsed += performance.now() - start;
    } while (elapsed < (sample === 0 ? plan.warmUpMs : plan.sampleMs));
    if (sample > 0) rates.push((rounds * units * 1000) / elapsed);
  }
  rates.sort((a, b) => a - b);
  const median = rates[rates.length >> 1]!;
  const spread = (rates.at(-1)! - rates[0]!) / 2 / median;
  return { perSecond: median, spread, samples: rates.length, rssBytes: process.memoryUsage.rss() };
}
