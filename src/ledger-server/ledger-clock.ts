/**
 * When ledgers close. With a rate, the first closes at the start and `rate` more each second, for all readers alike:
 * what has closed is read at any speed, what has not is waited for. Without one, all have closed.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export class LedgerClock {
  private readonly first: number;
  private readonly ledgersPerSecond: number;
  private readonly startedAtMs = performance.now();

  /** `ledgersPerSecond` 0 is without a rate. */
  constructor(first: number, ledgersPerSecond: number) {
    this.first = first;
    this.ledgersPerSecond = ledgersPerSecond;
  }

  /** The ledger closed last. */
  get latest(): number {
    if (this.ledgersPerSecond === 0) return Infinity;
    return this.first + Math.floor(((performance.now() - this.startedAtMs) / 1000) * this.ledgersPerSecond);
  }

  /** Resolves when `sequence` has closed. Rejects when `signal` is aborted while it waits. */
  async closed(sequence: number, signal: AbortSignal): Promise<void> {
    while (sequence > this.latest) {
      const closesAtMs = this.startedAtMs + ((sequence - this.first) / this.ledgersPerSecond) * 1000;
      await sleep(Math.max(1, Math.min(closesAtMs - performance.now(), MAX_SLEEP_MS)), undefined, { signal });
    }
  }
}

/** Timers of Node.js hold 31 bits of milliseconds. */
const MAX_SLEEP_MS = 2 ** 31 - 1;
