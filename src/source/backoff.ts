/** How long to wait before attempt after attempt: twice as long each time, spread so that clients do not come in step. */

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

export const DEFAULT_BACKOFF: BackoffOptions = { firstMs: 250, maxMs: 30_000 };

/** Between half and all of `firstMs * 2^failures`, at most `maxMs`. `random` gives 0 up to 1. */
export function backoffMs(failures: number, options: BackoffOptions, random: () => number): number {
  const most = Math.min(options.maxMs, options.firstMs * 2 ** failures);
  return (most * (1 + random())) / 2;
}
