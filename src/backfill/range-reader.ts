/**
 * Ranges of a data lake as record batches, any number at once over the lake's threads and one memory. Cuts depend on the
 * ledgers alone: a range gives the same batches each time.
 */
import type { DecodedLedger } from '../../workers/decode-result.js';
import { ProcessorError } from '../../workers/errors.js';
import type { BatchMessage } from '../../workers/ipc.js';
import type { DecodePool } from '../pool/decode-pool.js';
import type { Quarantine } from '../quarantine/quarantine.js';
import type { RangeRequest } from '../request/range-request.js';
import type { LedgerSource } from '../source/ledger-source.js';
import type { LedgerGap } from '../stream/app-metadata.js';
import { batchStream } from '../stream/batch-stream.js';
import type { MemoryShares } from '../stream/memory-shares.js';

/** Rows of a record batch; the byte cap of a batch comes first for wide ones. */
export const BACKFILL_BATCH_ROWS = 8192;

/** Objects of one ledger go to a thread so many at once; larger objects go alone. */
const LEDGERS_PER_TASK = 8;
const TASKS_AHEAD = 12;
/** setTimeout's longest: batches are never cut because a source is slow, or other runs would have other batches. */
const NEVER_MS = 2 ** 31 - 1;

export interface RangeReaderParts {
  readonly source: LedgerSource;
  readonly pool: DecodePool;
  readonly memory: MemoryShares;
  readonly quarantine: Quarantine;
}

/** Rows of consecutive ledgers. */
export interface RangeBatch {
  /** Both inclusive. */
  readonly firstLedger: number;
  readonly lastLedger: number;
  readonly message: BatchMessage;
}

/** What is told while a range is read. */
export interface RangeObserver {
  decoded(ledger: DecodedLedger): void;
  gaps(gaps: readonly LedgerGap[]): void;
}

export class RangeReader {
  private readonly parts: RangeReaderParts;

  constructor(parts: RangeReaderParts) {
    this.parts = parts;
  }

  /**
   * The batches of a range with rows, in order; each is valid until the next one is asked for. Ends after the last
   * ledger, or throws.
   */
  async *batches(
    range: RangeRequest,
    observer: RangeObserver,
    signal: AbortSignal,
  ): AsyncGenerator<RangeBatch, void, undefined> {
    const memory = this.parts.memory.openStream();
    const parts = {
      ...this.parts,
      memory,
      settings: {
        ledgersPerTask: LEDGERS_PER_TASK,
        lookAheadTasks: TASKS_AHEAD,
        flushIntervalMs: NEVER_MS,
        keepaliveIntervalMs: NEVER_MS,
      },
      draining: new AbortController().signal,
      onDecoded: (ledger: DecodedLedger) => observer.decoded(ledger),
    };
    let completeThrough = range.startLedger - 1;
    try {
      for await (const { batch, progress, heldBytes, buffers } of batchStream(range, parts, signal)) {
        if (progress.gaps !== undefined) observer.gaps(progress.gaps);
        if (batch !== undefined) {
          yield { firstLedger: progress.first_ledger, lastLedger: progress.last_ledger, message: batch };
        }
        completeThrough = progress.complete_through;
        memory.release(heldBytes);
        this.parts.pool.takeBack(buffers);
      }
      signal.throwIfAborted();
      if (completeThrough < range.endLedger) {
        throw new ProcessorError('INTERNAL', `the lake ended without an error after ledger ${completeThrough}`);
      }
    } finally {
      memory.close();
    }
  }
}
