/** Ledgers that close at a steady rate from the first read on, and when each of them was handed to the transport. */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerStore, StoredLedgers } from '../../src/ledger-server/ledger-store.js';

export class PacedLedgers implements LedgerStore {
  readonly first: number;
  readonly last: number;
  /** By ledger, on the clock that all processes of a machine share (process.hrtime). */
  readonly sentAtNs = new Map<number, bigint>();
  private readonly store: LedgerStore;
  private readonly intervalMs: number;

  constructor(store: LedgerStore, ledgersPerSecond: number) {
    this.store = store;
    this.first = store.first;
    this.last = store.last;
    this.intervalMs = 1000 / ledgersPerSecond;
  }

  async *read(start: number, objects: boolean): AsyncGenerator<StoredLedgers, void, undefined> {
    const startedAt = performance.now();
    let closed = 0;
    for await (const ledger of this.store.read(start, objects)) {
      await sleep(Math.max(0, startedAt + closed * this.intervalMs - performance.now()));
      closed += 1;
      this.sentAtNs.set(ledger.last, process.hrtime.bigint());
      yield ledger;
    }
  }
}
