/** What a handful of samples say: the median, and how far they lie apart. */

export interface Spread {
  readonly median: number;
  /** Half the distance between the smallest and the largest, as a part of the median. */
  readonly spread: number;
  readonly samples: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  return { median, spread: (sorted.at(-1)! - sorted[0]!) / 2 / median, samples: sorted.length };
}

/** The value of ascending `sorted`, not empty, below which `share` (0 to 1) of them lie (nearest rank). */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
