/**
 * A stream of batches: from a source, through the decode pool, to record batches in order. Range streams and sessions
 * are made of it.
 *
 *   source -> claim memory -> group -> decode pool -> order -> batches
 *
 * - It is pulled: nothing is asked of the source before the consumer wants it, but for a bounded look-ahead.
 * - Batches of a bounded range depend on its ledgers alone. A stream that follows the tip, or whose source stalls for
 *   FLUSH_INTERVAL, gives what it has.
 * - A ledger that cannot be read or had is set aside and passed where the request asks for it, else it is an error.
 * - An error comes after every row before it. A source that is left early (`draining`) ends the stream without one, after
 *   what was accepted.
 */
import { selectColumns } from '../../workers/columns/tables.js';
import type { DecodedLedger } from '../../workers/decode-result.js';
import { ProcessorError } from '../../workers/errors.js';
import type { RecordBatchMessage } from '../../workers/ipc.js';
import { inOrder } from '../order/in-order.js';
import type { DecodePool } from '../pool/decode-pool.js';
import { type ChunkOrGap, pastGaps } from '../quarantine/past-gaps.js';
import type { Quarantine } from '../quarantine/quarantine.js';
import type { RangeRequest } from '../request/range-request.js';
import type { LedgerSource } from '../source/ledger-source.js';
import { batchProgress, type BatchProgress, quietProgress } from './app-metadata.js';
import { BatchAssembler, type LedgerBatch } from './batches.js';
import { decodeGroup, type LedgerOutcome, outcomeBytes } from './decode-group.js';
import { decodeGroups } from './decode-groups.js';
import type { StreamMemory } from './memory-shares.js';
import { nextWithin, TIME_OUT } from './next-within.js';
import { SeenLedgers } from './seen-ledgers.js';

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
  readonly quarantine: Quarantine;
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

/** Claimed for a stream's first chunk, of which nothing is known: a ledger of a busy network. */
const FIRST_CHUNK_BYTES = 1024 * 1024;

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
  const accepted = new Accepted();
  const seen = new SeenLedgers();
  let completeThrough = startLedger - 1;
  let lastStepAt = performance.now();
  let lastResultAt = lastStepAt;

  const step = (batch: RecordBatchMessage | undefined, progress: BatchProgress, heldBytes: number): StreamStep => {
    completeThrough = progress.complete_through;
    lastStepAt = performance.now();
    return { batch, progress, heldBytes };
  };
  function* steps(batches: readonly LedgerBatch[]): Generator<StreamStep> {
    for (const batch of batches) {
      yield step(batch.message, batchProgress(batch, completeThrough, endLedger), batch.heldBytes);
    }
  }

  async function assembled(outcome: LedgerOutcome, receivedAtMs: number): Promise<LedgerBatch[]> {
    if ('blocks' in outcome) {
      parts.onDecoded(outcome, receivedAtMs);
      return assembler.add(outcome);
    }
    await parts.quarantine.setAside(outcome);
    parts.memory.release(outcomeBytes(outcome));
    return assembler.pass(outcome.firstLedger, outcome.lastLedger, outcome.error.code);
  }

  const sourceSignal = AbortSignal.any([signal, parts.draining]);
  const decoded = inOrder(
    decodeGroups(claimed(parts, range, sourceSignal, accepted), settings.ledgersPerTask),
    (group) => decodeGroup(group, range, parts, signal),
    settings.lookAheadTasks,
  );
  try {
    let next = decoded.next();
    for (;;) {
      const hasRows = assembler.waitingRows > 0;
      const flushAt = hasRows && accepted.ledgers === 0 ? lastResultAt + settings.flushIntervalMs : Infinity;
      const keepaliveAt = lastStepAt + settings.keepaliveIntervalMs;
      const event = await nextWithin(next, Math.max(0, Math.min(keepaliveAt, flushAt) - performance.now()));
      if (event === TIME_OUT) {
        // Rows wait for their batch to fill, unless the source stalls; ledgers without rows are told of any time.
        const flushed = !hasRows || flushAt <= performance.now() ? assembler.flush() : [];
        if (flushed.length > 0) yield* steps(flushed);
        else yield step(undefined, quietProgress(completeThrough), 0);
        continue;
      }
      if (event.done === true) break;
      next = decoded.next();
      lastResultAt = performance.now();

      const { outcomes, error, checksums, ledgers, receivedAtMs } = event.value;
      for (const outcome of outcomes) yield* steps(await assembled(outcome, receivedAtMs));
      const conflict = seen.conflictIn(checksums);
      if (conflict !== undefined) throw conflict;
      if (error !== undefined) throw ProcessorError.fromPlain(error);
      accepted.ledgers -= ledgers;
      if (endLedger === 0 && accepted.ledgers === 0) yield* steps(assembler.flush());
    }
    if (accepted.failure !== undefined) throw accepted.failure.error;
    yield* steps(assembler.flush());
  } catch (error) {
    if (!signal.aborted) yield* steps(assembler.flush());
    throw error;
  } finally {
    await decoded.return();
  }
}

/** What was accepted from the source. */
class Accepted {
  /** Ledgers whose rows are not in a batch yet. */
  ledgers = 0;
  /** What ended the source, to be told when all that came before it has been given. */
  failure: { readonly error: unknown } | undefined;
}

/**
 * The source's chunks, each claimed before it is asked for: a ledger that there is no memory for stays where it is. Its
 * size is not known before it comes; the one before it is the best guess.
 */
async function* claimed(
  { source, memory }: BatchStreamParts,
  { decode, ...range }: RangeRequest,
  signal: AbortSignal,
  accepted: Accepted,
): AsyncGenerator<ChunkOrGap, void, undefined> {
  const ledgers = decode.onBadLedger === 'quarantine' ? pastGaps(source, range, signal) : source.ledgers(range, signal);
  const chunks: AsyncIterator<ChunkOrGap, unknown> = ledgers[Symbol.asyncIterator]();
  let expectedBytes = FIRST_CHUNK_BYTES;
  try {
    for (;;) {
      // Half as much again: the next one may be larger, and encoded it may be larger than raw.
      const claimedBytes = Math.ceil(1.5 * expectedBytes);
      await memory.claim(claimedBytes);
      const next = await chunks.next();
      if (next.done === true) return;
      const chunk = next.value;
      memory.received(claimedBytes, chunk.bytes);
      expectedBytes = chunk.bytes;
      accepted.ledgers += chunk.lastLedger - chunk.firstLedger + 1;
      yield chunk;
    }
  } catch (error) {
    accepted.failure = { error };
  } finally {
    await chunks.return?.();
  }
}
