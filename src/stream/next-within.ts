/** Waits for the next value of an iteration, but not longer than asked: how streams tick while nothing comes. */

export const TIME_OUT = Symbol('time out');

/** The promise's value, or TIME_OUT after `ms`. The promise goes on and can be waited for again. */
export async function nextWithin<T>(next: Promise<T>, ms: number): Promise<T | typeof TIME_OUT> {
  if (ms === Infinity) return await next;
  let timer: NodeJS.Timeout | undefined;
  const timeOut = new Promise<typeof TIME_OUT>((resolve) => {
    timer = setTimeout(resolve, ms, TIME_OUT);
  });
  try {
    return await Promise.race([next, timeOut]);
  } finally {
    clearTimeout(timer);
  }
}
