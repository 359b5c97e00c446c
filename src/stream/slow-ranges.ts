/**
 * Range streams that keep others waiting for memory: a reader that stands still on more than its stream's share, while
 * another stream, which has no more than its own, waits for the shared part. It is let go when both have lasted for
 * SLOW_READER_TIMEOUT. A reader that nobody waits for may stand still for as long as it likes.
 */
import { ProcessorError } from '../../workers/errors.js';
import type { MemoryShares, StreamMemory } from './memory-shares.js';

/** How often they are looked at within the timeout. */
const LOOKS = 4;

/** One range stream. */
export interface SlowCandidate {
  readonly memory: StreamMemory;
  /** When its reader took something last, on the monotonic clock; undefined while nothing is there for it to take. */
  readonly standsSinceMs: () => number | undefined;
  /** Ends the stream with an error, at once. */
  readonly letGo: (error: ProcessorError) => void;
}

export class SlowRanges {
  private readonly shares: MemoryShares;
  private readonly timeoutMs: number;
  private readonly candidates = new Set<SlowCandidate>();
  private timer: NodeJS.Timeout | undefined;

  constructor(shares: MemoryShares, timeoutMs: number) {
    this.shares = shares;
    this.timeoutMs = timeoutMs;
  }

  /** Watches a stream until the function returned is called. */
  watch(candidate: SlowCandidate): () => void {
    this.candidates.add(candidate);
    this.timer ??= setInterval(() => this.look(performance.now()), this.timeoutMs / LOOKS).unref();
    return () => {
      this.candidates.delete(candidate);
      if (this.candidates.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  private look(nowMs: number): void {
    const starvesSinceMs = this.shares.starvesSinceMs ?? Infinity;
    if (nowMs - starvesSinceMs < this.timeoutMs) return;
    for (const { memory, standsSinceMs, letGo } of [...this.candidates]) {
      const isSlow = nowMs - (standsSinceMs() ?? Infinity) >= this.timeoutMs;
      if (isSlow && memory.excessOf(0) > 0) letGo(this.error());
    }
  }

  private error(): ProcessorError {
    const message =
      `this reader kept others waiting for memory for longer than ${this.timeoutMs} ms and was detached; ` +
      'read on with a range request from there';
    return new ProcessorError('SLOW_READER', message);
  }
}
