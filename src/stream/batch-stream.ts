/**
 * A stream of batches: from a source, through the decode pool, to record batches in order. Range streams and sessions
 * are made of it.
 *
 *   source -> claim memory -> group -> decode pool -> order -> batches
 *
 * - It is pulled: nothing is asked of the source before the consumer wants it, but for a bounded look-ahead.
 * - Batches of a bounded range depend on its ledgers alone. A stream that follows the tip, or whose source stalls for
 *   FLUSH_INTERVAL, gives what it has.
 * - An error comes after every row before it. A source that is left early (`draining`) ends the stream without one, after
 *   what was accepted.
 */
import { selectColumns } from '../../workers/columns/tables.js';
import type { DecodedLedger, DecodeResult } from '../../workers/decode-result.js';
import { ProcessorError } from '../../workers/errors.js';
import type { RecordBatchMessage } from '../../workers/ipc.js';
import { inOrder } from '../order/in-order.js';
import type { DecodePool } from '../pool/decode-pool.js';
import type { RangeRequest } from '../request/range-request.js';
import type { LedgerChunk, LedgerSource } from '../source/ledger-source.js';
import { batchProgress, type BatchProgress, quietProgress } from './app-metadata.js';
import { BatchAssembler, type LedgerBatch } from './batches.js';
import { type ChunkGroup, decodeGroups } from './decode-groups.js';
import type { StreamMemory } from './memory-shares.js';
import { nextWithin, TIME_OUT } from './next-within.js';

export interface StreamSettings {
  readonly ledgersPerTask: number;
  /** Tasks started ahead of the one whose result is next. */
  readonly lookAheadTasks: number;
  readonly flushIntervalMs: number;
  readonly keepaliveIntervalMs: number;
}

export interface BatchStreamParts {
  readonly source: LedgerSource;
  readonly pool: DecodePool;
  readonly memory: StreamMemory;
  readonly settings: StreamSettings;
  /** Aborted when the stream is to end early: the source is left, and what was accepted is still given. */
  readonly draining: AbortSignal;
  readonly onDecoded: (ledger: DecodedLedger, receivedAtMs: number) => void;
}

/** A batch, or only the progress made (also none, to show that the stream is alive). */
export interface StreamStep {
  /** Undefined where there are no rows. */
  readonly batch: RecordBatchMessage | undefined;
  readonly progress: BatchProgress;
  /** Bytes that the stream's memory holds for it, to be released when it is gone. */
  readonly heldBytes: number;
}

/** The steps of a range. `signal` ends it at once, wherever it is. */
export async function* batchStream(
  range: RangeRequest,
  parts: BatchStreamParts,
  signal: AbortSignal,
): AsyncGenerator<StreamStep, void, undefined> {
  const { settings } = parts;
  const { startLedger, endLedger, decode } = range;
  const kinds = selectColumns(decode.table, decode.columns).map((column) => column.kind);
  const assembler = new BatchAssembler(kinds, decode.batchRows);
  const ahead = new Ahead();
  let completeThrough = startLedger - 1;
  let lastStepAt = performance.now();

  const step = (batch: RecordBatchMessage | undefined, progress: BatchProgress, heldBytes: number): StreamStep => {
    completeThrough = progress.complete_through;
    lastStepAt = performance.now();
    return { batch, progress, heldBytes };
  };
  function* steps(batches: readonly LedgerBatch[]): Generator<StreamStep> {
    for (const batch of batches) {
      yield step(batch.message, batchProgress(batch, completeThrough, endLedger), batch.blockBytes);
    }
  }

  const sourceSignal = AbortSignal.any([signal, parts.draining]);
  const decoded = inOrder(
    decodeGroups(claimed(parts, range, sourceSignal, ahead), settings.ledgersPerTask),
    (group) => decodeGroup(group, range, parts),
    settings.lookAheadTasks,
  );
  try {
    let next = decoded.next();
    for (;;) {
      const hasRows = assembler.waitingRows > 0;
      const untilKeepalive = Math.max(0, lastStepAt + settings.keepaliveIntervalMs - performance.now());
      const untilFlush = hasRows && ahead.ledgers === 0 ? settings.flushIntervalMs : Infinity;
      const event = await nextWithin(next, Math.min(untilKeepalive, untilFlush));
      if (event === TIME_OUT) {
        // Rows wait for their batch to fill, unless the source stalls; ledgers without rows are told of any time.
        const flushed = !hasRows || untilFlush <= untilKeepalive ? assembler.flush() : [];
        if (flushed.length > 0) yield* steps(flushed);
        else yield step(undefined, quietProgress(completeThrough), 0);
        continue;
      }
      if (event.done === true) break;
      next = decoded.next();

      const { group, result } = event.value;
      for (const ledger of result.ledgers) {
        parts.onDecoded(ledger, group[0]!.receivedAtMs);
        yield* steps(assembler.add(ledger));
      }
      if (result.error !== undefined) throw ProcessorError.fromPlain(result.error);
      ahead.ledgers -= ledgersOf(group);
      if (endLedger === 0 && ahead.ledgers === 0) yield* steps(assembler.flush());
    }
    yield* steps(assembler.flush());
  } catch (error) {
    if (!signal.aborted) yield* steps(assembler.flush());
    throw error;
  } finally {
    await decoded.return();
  }
}

/** A decoded group, with what it was made of. */
interface DecodedGroup {
  readonly group: ChunkGroup;
  readonly result: DecodeResult;
}

/** Ledgers accepted from the source whose rows are not in a batch yet. */
class Ahead {
  ledgers = 0;
}

function ledgersOf(group: ChunkGroup): number {
  return group.at(-1)!.lastLedger - group[0]!.firstLedger + 1;
}

/**
 * The source's chunks, each claimed before it is asked for: a ledger that there is no memory for stays where it is. Its
 * size is not known before it comes; the one before it is the best guess.
 */
async function* claimed(
  { source, memory }: BatchStreamParts,
  { startLedger, endLedger }: RangeRequest,
  signal: AbortSignal,
  ahead: Ahead,
): AsyncGenerator<LedgerChunk, void, undefined> {
  const chunks = source.ledgers({ startLedger, endLedger }, signal)[Symbol.asyncIterator]();
  let expectedBytes = 0;
  try {
    for (;;) {
      await memory.claim(expectedBytes);
      const next: IteratorResult<LedgerChunk, unknown> = await chunks.next();
      if (next.done === true) return;
      const chunk = next.value;
      memory.hold(chunk.bytes - expectedBytes);
      expectedBytes = chunk.bytes;
      ahead.ledgers += chunk.lastLedger - chunk.firstLedger + 1;
      yield chunk;
    }
  } finally {
    await chunks.return?.();
  }
}

async function decodeGroup(group: ChunkGroup, range: RangeRequest, parts: BatchStreamParts): Promise<DecodedGroup> {
  const first = group[0]!.firstLedger;
  const last = group.at(-1)!.lastLedger;
  const inputs = group.flatMap((chunk) => chunk.inputs);
  const rawBytes = group.reduce((sum, chunk) => sum + chunk.bytes, 0);
  const request = JSON.stringify(range.decode);
  const result = await parts.pool.run({ request, inputs }, `ledgers ${first} to ${last}`);
  parts.memory.hold(blockBytes(result));
  parts.memory.release(rawBytes);
  return { group, result };
}

function blockBytes(result: DecodeResult): number {
  let bytes = 0;
  for (const ledger of result.ledgers) for (const block of ledger.blocks) bytes += block.body.byteLength;
  return bytes;
}
