/**
 * Divides the memory that payload bytes may take (MAX_MEMORY_MB) among the open streams.
 *
 * - Every stream owns a share from when it opens; only the rest is shared. One common budget would deadlock a reader that
 *   opens all partitions and drains them one after the other: the later ones would hold what the first one needs.
 * - A stream that cannot have its share is refused at once.
 * - A claim that does not fit the stream's own share waits for the shared part, first come, first served; one that is
 *   larger than the whole shared part gets it when nobody else uses it.
 * - Of large ledgers, as those who claim call them, one at a time is received and decoded: what gRPC, threads and V8 need
 *   beside the payload grows with them.
 * - Half of the shared part is for streams that hold none of it yet, so that readers who stand still cannot keep the
 *   others from a ledger that is larger than a share.
 */
import { ProcessorError } from '../../workers/errors.js';

export class MemoryShares {
  readonly capacityBytes: number;
  readonly shareBytes: number;
  private readonly open = new Set<StreamMemory>();
  private readonly waiting: StreamMemory[] = [];

  constructor(capacityBytes: number, shareBytes: number) {
    this.capacityBytes = capacityBytes;
    this.shareBytes = shareBytes;
  }

  /** Payload bytes that all streams hold. */
  get usedBytes(): number {
    let used = 0;
    for (const stream of this.open) used += stream.usedBytes;
    return used;
  }

  /** Of these, what is of ledgers not yet decoded: claimed, or received. */
  get rawBytes(): number {
    let raw = 0;
    for (const stream of this.open) raw += stream.rawBytes;
    return raw;
  }

  /** Since when a stream that has no more than its own share waits for the shared part; undefined where none does. */
  get starvesSinceMs(): number | undefined {
    const since = this.waiting.filter((stream) => stream.excessOf(0) === 0).map(({ waitsSinceMs }) => waitsSinceMs);
    return since.length === 0 ? undefined : Math.min(...since);
  }

  /** Opens a stream with its share, or throws MEMORY_EXHAUSTED. */
  openStream(): StreamMemory {
    if ((this.open.size + 1) * this.shareBytes > this.capacityBytes) {
      const message =
        `${this.open.size} streams are open, and each has ${this.shareBytes} bytes of the ` +
        `${this.capacityBytes} that this service may hold; try again when one has ended`;
      throw new ProcessorError('MEMORY_EXHAUSTED', message);
    }
    const stream = new StreamMemory(this.shareBytes, {
      wait: (waiter) => {
        this.waiting.push(waiter);
        this.admit();
      },
      changed: () => this.admit(),
      closed: (closed) => {
        this.open.delete(closed);
        this.admit();
      },
    });
    this.open.add(stream);
    return stream;
  }

  private admit(): void {
    const shared = this.capacityBytes - this.open.size * this.shareBytes;
    const runAhead = shared / (2 * this.open.size);
    let sharedIsAwaited = false;
    for (const stream of [...this.waiting]) {
      const held = stream.excessOf(0);
      const wanted = stream.excessOf(stream.waitingBytes);
      const inUse = this.sharedInUse();
      const mayTakeMore = held === 0 || wanted <= runAhead;
      if (stream.waitsForLarge && this.hasLargeBeside(stream)) continue;
      const fits =
        wanted === 0 || (mayTakeMore && !sharedIsAwaited && (inUse === 0 || inUse + wanted - held <= shared));
      if (fits) {
        this.waiting.splice(this.waiting.indexOf(stream), 1);
        stream.admitted();
      } else if (mayTakeMore) {
        sharedIsAwaited = true;
      }
    }
  }

  private hasLargeBeside(stream: StreamMemory): boolean {
    for (const other of this.open) if (other !== stream && other.isLarge) return true;
    return false;
  }

  private sharedInUse(): number {
    let inUse = 0;
    for (const stream of this.open) inUse += stream.excessOf(0);
    return inUse;
  }
}

interface StreamEvents {
  wait(stream: StreamMemory): void;
  changed(): void;
  closed(stream: StreamMemory): void;
}

interface Waiter {
  readonly bytes: number;
  readonly isLarge: boolean;
  readonly sinceMs: number;
  readonly resolve: () => void;
}

export class StreamMemory {
  private readonly shareBytes: number;
  private readonly events: StreamEvents;
  private used = 0;
  private raw = 0;
  private waiter: Waiter | undefined;
  private large = false;
  private isClosed = false;

  constructor(shareBytes: number, events: StreamEvents) {
    this.shareBytes = shareBytes;
    this.events = events;
  }

  get usedBytes(): number {
    return this.used;
  }

  /** Of these, what is of ledgers not yet decoded. */
  get rawBytes(): number {
    return this.raw;
  }

  /** When that wait began, on the monotonic clock. */
  get waitsSinceMs(): number {
    return this.waiter?.sinceMs ?? Infinity;
  }

  get waitsForLarge(): boolean {
    return this.waiter?.isLarge === true;
  }

  /** Holds a large ledger, or the claim for one, until {@link largeDone}. */
  get isLarge(): boolean {
    return this.large;
  }

  /** Bytes that {@link claim} waits for; 0 while it does not. */
  get waitingBytes(): number {
    return this.waiter?.bytes ?? 0;
  }

  /** Bytes above the own share, if `more` were held too. */
  excessOf(more: number): number {
    return Math.max(0, this.used + more - this.shareBytes);
  }

  /** Resolves when `bytes` more are held for ledgers to come. One claim at a time; after {@link close} at once. */
  async claim(bytes: number, isLarge = false): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => {
      this.waiter = { bytes, isLarge, sinceMs: performance.now(), resolve };
      this.events.wait(this);
    });
  }

  /** Holds `bytes` of rows that exist already. */
  hold(bytes: number): void {
    if (!this.isClosed) this.used += bytes;
  }

  /** Of `claimed` bytes came only, or even, `bytes`. */
  received(claimed: number, bytes: number): void {
    if (this.isClosed) return;
    this.raw += bytes - claimed;
    this.exchange(claimed, bytes);
  }

  /** Ledgers of `raw` bytes are held as `bytes` of rows from now on. */
  decoded(raw: number, bytes: number): void {
    if (this.isClosed) return;
    this.raw -= raw;
    this.exchange(raw, bytes);
  }

  /** The large ledger is decoded, or did not come. */
  largeDone(): void {
    this.large = false;
    if (!this.isClosed) this.events.changed();
  }

  /** Holds `bytes`, and nothing else any more: what was claimed for ledgers that never came is free. */
  holdOnly(bytes: number): void {
    if (this.isClosed) return;
    this.raw = 0;
    this.large = false;
    this.exchange(this.used, bytes);
  }

  release(bytes: number): void {
    if (this.isClosed) return;
    this.used -= bytes;
    this.events.changed();
  }

  /** Gives everything back. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.used = this.raw = 0;
    this.waiter?.resolve();
    this.waiter = undefined;
    this.events.closed(this);
  }

  /** Called by MemoryShares when the waiting claim may go on. */
  admitted(): void {
    const { waiter } = this;
    if (waiter === undefined) return;
    this.waiter = undefined;
    this.used += waiter.bytes;
    this.raw += waiter.bytes;
    this.large ||= waiter.isLarge;
    waiter.resolve();
  }

  private exchange(lost: number, gained: number): void {
    this.used += gained - lost;
    this.events.changed();
  }
}
