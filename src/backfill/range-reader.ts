/**
 * Ranges of a data lake as record batches, any number at once over the lake's threads and one memory. Cuts depend on the
 * ledgers alone: a range gives the same batches each time.
 *
 *   plan -> claim memory -> lake threads: fetch, unpack, decode for every table -> order -> batches of each table
 *
 * It is {@link batchStream} without what only a stream that is served needs: pieces for a reader who waits, signs of life,
 * the tip, ledgers that come twice. And it reads for several tables at once, so that no object is fetched twice.
 */
import { selectColumns } from '../../workers/columns/tables.js';
import type { DecodedLedger } from '../../workers/decode-result.js';
import { ProcessorError } from '../../workers/errors.js';
import type { DecodeRequest } from '../../workers/request.js';
import { inOrder } from '../order/in-order.js';
import type { DecodePool } from '../pool/decode-pool.js';
import type { Quarantine } from '../quarantine/quarantine.js';
import type { LedgerRange, LedgerSource } from '../source/ledger-source.js';
import type { LedgerGap } from '../stream/app-metadata.js';
import { BatchAssembler, type LedgerBatch } from '../stream/batches.js';
import { decodeGroup, type LedgerOutcome, outcomeBytes } from '../stream/decode-group.js';
import type { MemoryShares, StreamMemory } from '../stream/memory-shares.js';
import { LakeGrowth } from './lake-growth.js';
import { plannedChunks } from './planned-chunks.js';
import type { RangeBatch } from './range-batch.js';

/** Rows of a record batch; the byte cap of a batch comes first for wide ones. */
export const BACKFILL_BATCH_ROWS = 8192;

/**
 * Objects of one ledger go to a thread up to so many at once: what a task costs the main thread is little for each ledger
 * then. Larger objects go alone.
 */
export const LEDGERS_PER_TASK = 32;
/** Of a range, so that its threads have something to do while objects are fetched. */
const LEAST_TASKS_AHEAD = 4;

export interface RangeReaderParts {
  readonly source: LedgerSource;
  readonly pool: DecodePool;
  readonly memory: MemoryShares;
  readonly quarantine: Quarantine;
  /** Of the pool. One range alone keeps all of them busy. */
  readonly threads: number;
}

/** What is told while a range is read, of one of its tables. */
export interface RangeObserver {
  decoded(ledger: Pick<DecodedLedger, 'sequence' | 'hash' | 'rows' | 'bytes'>): void;
  gaps(gaps: readonly LedgerGap[]): void;
}

/** One of the tables that a range is read for. */
export interface WantedTable {
  readonly request: DecodeRequest;
  readonly observer: RangeObserver;
}

export class RangeReader {
  private readonly parts: RangeReaderParts;
  private readonly growth = new LakeGrowth();

  constructor(parts: RangeReaderParts) {
    this.parts = parts;
  }

  /**
   * The batches of a range with rows, those of each table in order; each to be released. Requests differ in table, columns
   * and filters only. Ends after the last ledger, or throws.
   */
  async *batches(
    range: LedgerRange,
    wanted: readonly WantedTable[],
    signal: AbortSignal,
  ): AsyncGenerator<RangeBatch, void, undefined> {
    const { growth } = this;
    const { source, pool, quarantine, threads } = this.parts;
    const memory = this.parts.memory.openStream();
    const first = wanted[0]!.request;
    const tables = wanted.map((table, index) => new TableBatches(index, table, memory, pool));
    const asked = { ...range, decode: first };
    const decoding = { source, memory, growth, pool: jointly(pool, wanted) };
    const decoded = inOrder(
      plannedChunks({ source, memory, growth }, range, first.onBadLedger === 'quarantine', signal),
      (chunk) => decodeGroup([chunk], asked, decoding, signal),
      Math.max(LEAST_TASKS_AHEAD, threads + 2),
    );
    let ledgers = 0;
    try {
      for (let next = decoded.next(); ;) {
        const step = await next;
        if (step.done === true) break;
        next = decoded.next();
        next.catch(() => undefined);
        for (const outcome of step.value.outcomes) {
          if (!('blocks' in outcome)) {
            await quarantine.setAside(outcome);
            memory.release(outcomeBytes(outcome));
          }
          for (const table of tables) yield* table.add(outcome);
        }
        if (step.value.error !== undefined) throw ProcessorError.fromPlain(step.value.error);
        ledgers += step.value.ledgers;
      }
      signal.throwIfAborted();
      if (range.startLedger + ledgers <= range.endLedger) {
        const message = `the lake ended without an error after ledger ${range.startLedger + ledgers - 1}`;
        throw new ProcessorError('INTERNAL', message);
      }
      for (const table of tables) yield* table.end();
    } finally {
      // First, so that no chunk waits for memory any more.
      memory.close();
      await decoded.return();
    }
  }
}

/** One table's part of a range. */
class TableBatches {
  private readonly index: number;
  private readonly observer: RangeObserver;
  private readonly assembler: BatchAssembler;
  private readonly memory: StreamMemory;
  private readonly pool: DecodePool;

  constructor(index: number, { request, observer }: WantedTable, memory: StreamMemory, pool: DecodePool) {
    const kinds = selectColumns(request.table, request.columns).map(({ kind }) => kind);
    this.index = index;
    this.observer = observer;
    this.assembler = new BatchAssembler(kinds, request.batchRows);
    this.memory = memory;
    this.pool = pool;
  }

  /** The batches that `outcome` completes. */
  *add(outcome: LedgerOutcome): Generator<RangeBatch> {
    if (!('blocks' in outcome)) {
      yield* this.of(this.assembler.pass(outcome.firstLedger, outcome.lastLedger, outcome.error.code));
      return;
    }
    const ledger = this.index === 0 ? outcome : { ...outcome, ...outcome.further![this.index - 1] };
    this.observer.decoded(ledger);
    yield* this.of(this.assembler.add(ledger));
  }

  *end(): Generator<RangeBatch> {
    yield* this.of(this.assembler.flush());
  }

  private *of(batches: readonly LedgerBatch[]): Generator<RangeBatch> {
    for (const { firstLedger, lastLedger, message, blocks, heldBytes, gaps } of batches) {
      if (gaps !== undefined) this.observer.gaps(gaps);
      const release = (): void => {
        this.memory.release(heldBytes);
        this.pool.takeBack(blocks.map(({ body }) => body.buffer));
      };
      if (message === undefined) release();
      else yield { table: this.index, firstLedger, lastLedger, message, release };
    }
  }
}

/** `pool`, whose tasks are for all tables, whichever they are asked for. */
function jointly(pool: DecodePool, wanted: readonly WantedTable[]): DecodePool {
  const [first, ...further] = wanted.map(({ request }) => request);
  const request = JSON.stringify(further.length === 0 ? first : [first, ...further]);
  return {
    run: (task, what) => pool.run({ ...task, request }, what),
    takeBack: (buffers) => pool.takeBack(buffers),
    close: () => pool.close(),
  };
}
