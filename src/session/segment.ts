/**
 * A stretch of a session's ledgers under one set of filters. It is a source that ends where the session leaves it: with
 * the last ledger that was handed out, so that the next stretch can begin right behind it.
 */
import { ProcessorError } from '../../workers/errors.js';
import type { RangeRequest } from '../request/range-request.js';
import type { LedgerChunk, LedgerRange, LedgerSource, Room } from '../source/ledger-source.js';

export class Segment implements LedgerSource {
  readonly range: RangeRequest;
  private readonly source: LedgerSource;
  private readonly leaving = new AbortController();
  private next: number;

  constructor(range: RangeRequest, source: LedgerSource) {
    this.range = range;
    this.source = source;
    this.next = range.startLedger;
  }

  /** Aborted by {@link leave}. */
  get left(): AbortSignal {
    return this.leaving.signal;
  }

  /** The ledger after the last one handed out. */
  get nextLedger(): number {
    return this.next;
  }

  /** Hands nothing more out. */
  leave(): void {
    this.leaving.abort();
  }

  async *ledgers(range: LedgerRange, signal: AbortSignal, room?: Room): AsyncGenerator<LedgerChunk, void, undefined> {
    if (range.startLedger < this.next) {
      // Ledgers that were handed out before, asked for once more.
      yield* this.source.ledgers(range, signal, room);
      return;
    }
    try {
      for await (const chunk of this.source.ledgers(range, signal, room)) {
        if (this.left.aborted) return;
        this.next = chunk.lastLedger + 1;
        yield chunk;
      }
    } catch (error) {
      if (this.left.aborted) return;
      // A gap is handed out as one: whoever passes it goes on behind it.
      if (error instanceof ProcessorError && error.code === 'SOURCE_GAP') {
        this.next = (error.place.lastLedger ?? this.next - 1) + 1;
      }
      throw error;
    }
  }
}
