/** Ledgers from whichever source a registry names: found when it is wanted, followed when it moves. */
import { GrpcLedgerSource, type GrpcLedgerSourceOptions } from './grpc-source.js';
import type { LedgerChunk, LedgerRange, LedgerSource, Room } from './ledger-source.js';
import type { SourceStreamStatus } from './source-observer.js';

/** Where the source is, as far as it is known. */
export interface SourceFinder {
  /** `host:port`, as soon as it is known; undefined when `signal` is aborted before. */
  target(signal: AbortSignal): Promise<string | undefined>;
  /** Calls `listener` when the source is found elsewhere, until the returned function is called. */
  onMoved(listener: () => void): () => void;
}

export class DiscoveredLedgerSource implements LedgerSource {
  private readonly finder: SourceFinder;
  private readonly options: Omit<GrpcLedgerSourceOptions, 'target'>;
  private readonly sources = new Set<GrpcLedgerSource>();

  constructor(finder: SourceFinder, options: Omit<GrpcLedgerSourceOptions, 'target'>) {
    this.finder = finder;
    this.options = options;
  }

  /** The ranges being streamed now. */
  get openStreams(): SourceStreamStatus[] {
    return [...this.sources].flatMap((source) => source.openStreams);
  }

  async *ledgers(range: LedgerRange, signal: AbortSignal, room?: Room): AsyncGenerator<LedgerChunk, void, undefined> {
    const { endLedger } = range;
    let { startLedger } = range;
    while (!signal.aborted && (endLedger === 0 || startLedger <= endLedger)) {
      const target = await this.finder.target(signal);
      if (target === undefined) return;
      for await (const chunk of this.ledgersAt(target, { startLedger, endLedger }, signal, room)) {
        yield chunk;
        startLedger = chunk.lastLedger + 1;
      }
    }
  }

  /** Ends early when the source has moved. */
  private async *ledgersAt(
    target: string,
    range: LedgerRange,
    signal: AbortSignal,
    room: Room | undefined,
  ): AsyncGenerator<LedgerChunk> {
    const source = new GrpcLedgerSource({ ...this.options, target });
    const moved = new AbortController();
    const stopListening = this.finder.onMoved(() => moved.abort());
    this.sources.add(source);
    try {
      yield* source.ledgers(range, AbortSignal.any([signal, moved.signal]), room);
    } finally {
      stopListening();
      this.sources.delete(source);
    }
  }
}
