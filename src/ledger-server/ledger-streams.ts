/** What the RPCs send, independent of gRPC: streams and ranges over a store, with its clock and its faults. */
import { status } from '@grpc/grpc-js';
import { aborted } from './aborted.js';
import { type Chunk, chunksOf } from './chunks.js';
import { Faults, type FaultPlan } from './faults.js';
import { LedgerClock } from './ledger-clock.js';
import type { LedgerStore, StoredLedgers } from './ledger-store.js';
import { StreamFailure } from './stream-failure.js';

export interface ChunkRequest {
  readonly startLedger: number;
  /** Inclusive; 0 follows. */
  readonly endLedger: number;
  /** 0 is the default, for both. */
  readonly maxLedgers: number;
  readonly maxBytes: number;
  readonly acceptsZstd: boolean;
}

const DEFAULT_CHUNK_LEDGERS = 16;
const DEFAULT_CHUNK_BYTES = 4 * 1024 * 1024;
const MAX_CHUNK_BYTES = 32 * 1024 * 1024;
/** Far below the time between ledgers, and far above that of reading one. */
const CHUNK_LINGER_MS = 20;
const MAX_RANGE_LEDGERS = 1_000;
/** Existing clients take messages up to this. */
const MAX_RANGE_BYTES = 100 * 1024 * 1024;

export class LedgerStreams {
  private readonly store: LedgerStore;
  private readonly clock: LedgerClock;
  private readonly faults: Faults;

  /** `ledgersPerSecond` 0: all ledgers have closed. */
  constructor(store: LedgerStore, ledgersPerSecond: number, faults: FaultPlan) {
    this.store = store;
    this.clock = new LedgerClock(store.first, ledgersPerSecond);
    this.faults = new Faults(faults);
  }

  /** The newest ledger there is. */
  get latest(): number {
    return Math.min(this.store.last, this.clock.latest);
  }

  /** Ledgers from `startLedger` on, one by one, without an end. */
  async *ledgers(startLedger: number, signal: AbortSignal): AsyncGenerator<StoredLedgers, void, undefined> {
    this.checkStart(startLedger);
    yield* this.faults.in(this.closed(startLedger, Infinity, false, signal), signal);
  }

  async *chunks(request: ChunkRequest, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    const { startLedger, endLedger, maxLedgers, maxBytes, acceptsZstd } = request;
    this.checkStart(startLedger);
    if (endLedger !== 0 && endLedger < startLedger) {
      throw new StreamFailure(status.INVALID_ARGUMENT, `end_ledger ${endLedger} is before start_ledger ${startLedger}`);
    }
    const closed = this.closed(startLedger, endLedger === 0 ? Infinity : endLedger, acceptsZstd, signal);
    yield* chunksOf(this.faults.in(closed, signal), {
      maxLedgers: maxLedgers === 0 ? DEFAULT_CHUNK_LEDGERS : maxLedgers,
      maxBytes: Math.min(MAX_CHUNK_BYTES, maxBytes === 0 ? DEFAULT_CHUNK_BYTES : maxBytes),
      lingerMs: CHUNK_LINGER_MS,
    });
  }

  /** `endLedger` is exclusive. A range is served without faults. */
  async range(startLedger: number, endLedger: number): Promise<StoredLedgers[]> {
    this.checkStart(startLedger);
    if (endLedger <= startLedger || endLedger - startLedger > MAX_RANGE_LEDGERS) {
      const wanted = `end_ledger (exclusive) must be 1 to ${MAX_RANGE_LEDGERS} above start_ledger`;
      throw new StreamFailure(status.INVALID_ARGUMENT, `${wanted}, not ${startLedger} to ${endLedger}`);
    }
    if (endLedger - 1 > this.latest) {
      throw new StreamFailure(
        status.OUT_OF_RANGE,
        `ledger ${endLedger - 1} has not closed; the newest is ${this.latest}`,
      );
    }
    const ledgers: StoredLedgers[] = [];
    let bytes = 0;
    for await (const ledger of this.store.read(startLedger, false)) {
      if (ledger.first >= endLedger) break;
      bytes += ledger.bytes.byteLength;
      if (bytes > MAX_RANGE_BYTES) {
        const limit = `more than ${MAX_RANGE_BYTES} bytes, ask for fewer ledgers`;
        throw new StreamFailure(status.RESOURCE_EXHAUSTED, `ledgers ${startLedger} to ${ledger.first} are ${limit}`);
      }
      ledgers.push(ledger);
    }
    return ledgers;
  }

  private checkStart(startLedger: number): void {
    if (startLedger === 0) throw new StreamFailure(status.INVALID_ARGUMENT, 'start_ledger must be at least 1');
    const { first } = this.store;
    if (startLedger < first) {
      throw new StreamFailure(status.OUT_OF_RANGE, `ledger ${startLedger} is not here; the first is ${first}`);
    }
  }

  /** The store's ledgers up to `endLedger`, each when it has closed; without that end, silence comes after the last. */
  private async *closed(
    startLedger: number,
    endLedger: number,
    objects: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<StoredLedgers, void, undefined> {
    for await (const stored of this.store.read(startLedger, objects)) {
      if (stored.first > endLedger) return;
      await this.clock.closed(stored.last, signal);
      yield stored;
      if (stored.last >= endLedger) return;
    }
    await aborted(signal);
  }
}
