/** Time that moves when told to, for what runs against real sockets. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/ops/clock.js';

const PATIENCE_MS = 20_000;

export class TestClock implements Clock {
  private ms = 1000;
  private timers: { readonly atMs: number; readonly run: () => void }[] = [];

  now(): number {
    return this.ms;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.ms + ms, run };
    this.timers.push(timer);
    return () => (this.timers = this.timers.filter((other) => other !== timer));
  }

  /** Whether something is to run in exactly `ms`. */
  isSet(ms: number): boolean {
    return this.timers.some(({ atMs }) => atMs === this.ms + ms);
  }

  /** How many things are still to run. */
  get pending(): number {
    return this.timers.length;
  }

  /** Runs what is due within `ms`, in order. */
  advance(ms: number): void {
    const endMs = this.ms + ms;
    while (this.runNext(endMs));
    this.ms = endMs;
  }

  /** The same with time between, for what waits for it. */
  async pass(ms: number): Promise<void> {
    const endMs = this.ms + ms;
    do await turn();
    while (this.runNext(endMs));
    this.ms = endMs;
    await turn();
  }

  /** Lets time pass, with room for the network between, until `condition` holds. */
  async passUntil(condition: () => boolean, stepMs = 100): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (Date.now() > giveUpAt) throw new Error(`waited ${PATIENCE_MS} ms for: ${condition.toString()}`);
      this.advance(stepMs);
      await sleep(2);
    }
  }

  private runNext(endMs: number): boolean {
    const [next] = this.timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
    if (next === undefined) return false;
    this.timers = this.timers.filter((timer) => timer !== next);
    this.ms = Math.max(this.ms, next.atMs);
    next.run();
    return true;
  }
}

/** Waits in real time. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`waited ${PATIENCE_MS} ms for: ${condition.toString()}`);
    await sleep(2);
  }
}
