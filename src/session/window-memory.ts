/**
 * The memory of a session: a stream's share for its ledgers on their way, and the shares that its window has for itself.
 *
 * - The window's shares are reserved, so that rows which wait for readers never keep another stream from its own share or
 *   from the shared part. Where fewer can be had than the window wants, it is smaller: down to half of the stream's share.
 * - What the window cannot use yet is given back when another stream needs it.
 * - When the source has been left, the stream's share goes, and with it every wait for memory.
 */
import { ProcessorError } from '../../workers/errors.js';
import type { MemoryShares, StreamMemory } from '../stream/memory-shares.js';

export class WindowMemory {
  /** For ledgers on their way to the window; closed by {@link leaveStream}. */
  readonly stream: StreamMemory;
  private readonly shares: MemoryShares;
  private readonly windowBytes: number;
  private readonly own: StreamMemory[] = [];
  private bytes = 0;
  /** Bytes of the window that its own shares have no room for. */
  private lodgedBytes = 0;
  private isStreamOpen = true;

  /** `windowBytes` is what the window wants. Throws MEMORY_EXHAUSTED where not even a stream's share can be had. */
  constructor(shares: MemoryShares, windowBytes: number) {
    this.shares = shares;
    this.windowBytes = windowBytes;
    this.stream = shares.openStream();
    const wanted = windowBytes <= shares.shareBytes / 2 ? 0 : Math.ceil(windowBytes / shares.shareBytes);
    while (this.own.length < wanted) {
      const share = tryOpen(shares);
      if (share === undefined) break;
      this.own.push(share);
    }
  }

  /** What the window may hold. */
  get capacityBytes(): number {
    return this.capacityWith(this.own.length);
  }

  /** What it may hold once it has given a share back; undefined where it has none to give. */
  get smallerCapacityBytes(): number | undefined {
    return this.own.length === 0 ? undefined : this.capacityWith(this.own.length - 1);
  }

  /** The window holds `bytes` now; `streamBytes` of the stream's share are free again. */
  held(bytes: number, streamBytes = 0): void {
    this.bytes = bytes;
    this.stream.release(streamBytes);
    this.spread();
  }

  /** Everything on its way has got to the window: what the stream still claims, for a ledger that never came, is free. */
  streamIsEmpty(): void {
    if (this.isStreamOpen) this.stream.holdOnly(this.lodgedBytes);
  }

  /** Gives a share back, if the window does without. */
  giveBack(): boolean {
    const smaller = this.smallerCapacityBytes;
    if (smaller === undefined || this.bytes > smaller) return false;
    this.own.pop()!.close();
    this.spread();
    return true;
  }

  /** Ends the stream's share; what is still on its way to the window is counted when it gets there. */
  leaveStream(): void {
    if (!this.isStreamOpen) return;
    const share = this.own.length > 0 ? undefined : tryOpen(this.shares);
    this.isStreamOpen = false;
    this.stream.close();
    if (this.own.length === 0) this.own.push(share ?? this.shares.openStream());
    this.spread();
  }

  /** The window grows no more: gives back every share that it does not need. */
  settle(): void {
    this.leaveStream();
    const needed = Math.ceil(this.bytes / this.shares.shareBytes);
    while (this.own.length > needed) this.own.pop()!.close();
    this.spread();
  }

  private capacityWith(shares: number): number {
    const { shareBytes } = this.shares;
    if (shares > 0) return Math.min(this.windowBytes, shares * shareBytes);
    return this.isStreamOpen ? Math.min(this.windowBytes, shareBytes / 2) : 0;
  }

  private spread(): void {
    const { shareBytes } = this.shares;
    let rest = this.bytes;
    this.own.forEach((share, i) => {
      const takesRest = !this.isStreamOpen && i === this.own.length - 1;
      const part = takesRest ? rest : Math.min(rest, shareBytes);
      changeBy(share, part - share.usedBytes);
      rest -= part;
    });
    changeBy(this.stream, rest - this.lodgedBytes);
    this.lodgedBytes = rest;
  }
}

function changeBy(memory: StreamMemory, bytes: number): void {
  if (bytes > 0) memory.hold(bytes);
  else if (bytes < 0) memory.release(-bytes);
}

function tryOpen(shares: MemoryShares): StreamMemory | undefined {
  try {
    return shares.openStream();
  } catch (error) {
    if (error instanceof ProcessorError && error.code === 'MEMORY_EXHAUSTED') return undefined;
    throw error;
  }
}
