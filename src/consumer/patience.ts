/** How often to try again: with growing pauses, and only so many times in a row without progress. */
import { backoffMs, type BackoffOptions } from '../source/backoff.js';

export interface PatienceOptions {
  /** Attempts after the first one. */
  readonly maxRetries: number;
  readonly backoff: BackoffOptions;
  /** Told of each failure that is tried again. */
  readonly onRetry: (error: unknown, retries: number, pauseMs: number) => void;
}

export const CONSUMER_BACKOFF: BackoffOptions = { firstMs: 250, maxMs: 15_000 };

export class Patience {
  private readonly options: PatienceOptions;
  private retries = 0;

  constructor(options: PatienceOptions) {
    this.options = options;
  }

  /** Something went forward: what failed before does not count any more. */
  progressed(): void {
    this.retries = 0;
  }

  /** Waits before the next attempt. False where there is to be none; throws the signal's reason when it aborts. */
  async waitAfter(error: unknown, signal: AbortSignal): Promise<boolean> {
    const { maxRetries, backoff, onRetry } = this.options;
    if (this.retries >= maxRetries) return false;
    const pauseMs = backoffMs(this.retries, backoff, Math.random);
    this.retries += 1;
    onRetry(error, this.retries, Math.round(pauseMs));
    await pause(pauseMs, signal);
    return true;
  }
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const aborted = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    signal.addEventListener('abort', aborted, { once: true });
  });
}
