/**
 * Ledgers from a data lake. Here objects are only planned: chunks name them, and the threads of a {@link LakePool} fetch
 * and decode them. An object is planned as soon as the lake is known to have it, or a later one.
 */
import { ProcessorError } from '../../workers/errors.js';
import type { LedgerChunk, LedgerRange, LedgerSource, Room } from '../source/ledger-source.js';
import type { SourceStreamState, SourceStreamStatus } from '../source/source-observer.js';
import type { LakeHealth } from './lake-health.js';
import { lakeInput, type LakeInput } from './lake-input.js';
import { fileOf, firstLedgerOf, type LakeLayout, objectInput } from './lake-layout.js';
import type { LakeTip } from './lake-tip.js';
import type { ObjectSizes } from './object-sizes.js';
import { LARGE_BYTES } from '../stream/row-growth.js';

interface OpenStream extends LedgerRange {
  nextLedger: number;
}

const LAST_UINT32 = 0xffff_ffff;
/** Several objects go to a thread together only as long as they are expected to take no more than this. */
const BYTES_TOGETHER = 2 * 1024 * 1024;

export class LakeSource implements LedgerSource {
  private readonly tip: LakeTip;
  private readonly sizes: ObjectSizes;
  private readonly health: LakeHealth;
  private readonly ledgersTogether: number;
  private readonly streams = new Set<OpenStream>();

  /** Chunks of small objects have several of them, and end at multiples of `ledgersTogether`. */
  constructor(tip: LakeTip, sizes: ObjectSizes, health: LakeHealth, ledgersTogether: number) {
    this.tip = tip;
    this.sizes = sizes;
    this.health = health;
    this.ledgersTogether = ledgersTogether;
  }

  /** The ranges being streamed now. */
  get openStreams(): SourceStreamStatus[] {
    const state = this.streamState();
    return Array.from(this.streams, (stream) => ({ ...stream, state }));
  }

  async *ledgers(range: LedgerRange, signal: AbortSignal, room?: Room): AsyncGenerator<LedgerChunk, void, undefined> {
    const end = range.endLedger === 0 ? LAST_UINT32 : range.endLedger;
    const stream: OpenStream = { ...range, nextLedger: range.startLedger };
    this.streams.add(stream);
    try {
      while (stream.nextLedger <= end) {
        const lake = await this.tip.reach(stream.nextLedger, signal);
        if (lake === undefined) return;
        const { layout, newest } = lake;
        refuseBefore(firstLedgerOf(layout), stream.nextLedger, end);
        while (stream.nextLedger <= Math.min(newest, end)) {
          if (signal.aborted) return;
          const chunk = this.chunkAt(layout, stream.nextLedger, Math.min(newest, end), end, signal);
          if (chunk.bytes > LARGE_BYTES) await room?.forLarge(chunk.bytes);
          stream.nextLedger = chunk.lastLedger + 1;
          yield chunk;
        }
      }
    } finally {
      this.streams.delete(stream);
    }
  }

  /** The next objects, which hold ledgers up to `known` for sure. */
  private chunkAt(layout: LakeLayout, firstLedger: number, known: number, end: number, left: AbortSignal): LedgerChunk {
    const inputs: LakeInput[] = [];
    let next = firstLedger;
    do {
      const object = objectInput(fileOf(layout, next), next, end);
      inputs.push(lakeInput(object, left));
      next = object.lastLedger + 1;
    } while (
      next <= known &&
      next % this.ledgersTogether !== 0 &&
      this.sizes.expect(next - firstLedger + layout.ledgersPerFile) <= BYTES_TOGETHER
    );
    return {
      firstLedger,
      lastLedger: next - 1,
      inputs,
      bytes: this.sizes.expect(next - firstLedger),
      receivedAtMs: performance.now(),
    };
  }

  private streamState(): SourceStreamState {
    const { trouble } = this.health;
    if (trouble !== undefined) {
      const { failures, error, retryAtMs } = trouble;
      return { kind: 'waiting', failures, lastError: error.message, retryAtMs };
    }
    if (this.tip.state === undefined) return { kind: 'connecting', failures: 0 };
    return { kind: 'streaming', protocol: 'data lake', failures: 0 };
  }
}

/** Lakes with several ledgers in an object have none for the first of a network. */
function refuseBefore(first: number, ledger: number, end: number): void {
  if (ledger >= first) return;
  const lastLedger = Math.min(first - 1, end);
  const message = `ledger ${ledger} is missing from the data lake: it begins with ledger ${first} at the earliest`;
  throw new ProcessorError('SOURCE_GAP', message, { ledger, lastLedger });
}
