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
import { inOrder } from '../order/in-order.js';
import type { DecodePool } from '../pool/decode-pool.js';
import { type ChunkOrGap, pastGaps } from '../quarantine/past-gaps.js';
import type { Quarantine } from '../quarantine/quarantine.js';
import type { RangeRequest } from '../request/range-request.js';
import type { LedgerRange, LedgerSource, Room } from '../source/ledger-source.js';
import { BatchAssembler, type LedgerBatch } from './batches.js';
import { decodeGroup, firstOf, type LedgerOutcome, outcomeBytes } from './decode-group.js';
import { decodeGroups, type HeldChunk } from './decode-groups.js';
import type { StreamMemory } from './memory-shares.js';
import { nextWithin, TIME_OUT } from './next-within.js';
import { LARGE_BYTES, RowGrowth } from './row-growth.js';
import { SeenLedgers } from './seen-ledgers.js';
import { type StreamStep, StreamSteps } from './stream-steps.js';

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

/** Claimed for a stream's first chunk, of which nothing is known: a ledger of a busy network. */
const FIRST_CHUNK_BYTES = 1024 * 1024;

/** The steps of a range. `signal` ends it at once, wherever it is. */
export async function* batchStream(
  range: RangeRequest,
  parts: BatchStreamParts,
  signal: AbortSignal,
): AsyncGenerator<StreamStep, void, undefined> {
  const { settings } = parts;
  const { endLedger, decode } = range;
  const kinds = selectColumns(decode.table, decode.columns).map((column) => column.kind);
  const assembler = new BatchAssembler(kinds, decode.batchRows);
  const accepted = new Accepted();
  const seen = new SeenLedgers();
  const growth = new RowGrowth();
  const steps = new StreamSteps(range);
  let lastResultAt = performance.now();

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
    decodeGroups(claimed({ ...parts, growth }, range, sourceSignal, accepted), settings.ledgersPerTask),
    (group) => decodeGroup(group, range, { ...parts, growth }, signal),
    settings.lookAheadTasks,
  );
  try {
    let next = decoded.next();
    for (;;) {
      const hasRows = assembler.waitingRows > 0;
      const flushAt = hasRows && accepted.ledgers === 0 ? lastResultAt + settings.flushIntervalMs : Infinity;
      const keepaliveAt = steps.lastAt + settings.keepaliveIntervalMs;
      const event = await nextWithin(next, Math.max(0, Math.min(keepaliveAt, flushAt) - performance.now()));
      if (event === TIME_OUT) {
        // Rows wait for their batch to fill, unless the source stalls; ledgers without rows are told of any time.
        const flushed = !hasRows || flushAt <= performance.now() ? assembler.flush() : [];
        if (flushed.length > 0) yield* steps.of(flushed);
        else yield steps.quiet();
        continue;
      }
      if (event.done === true) break;
      next = decoded.next();
      lastResultAt = performance.now();

      const { outcomes, error, checksums, ledgers, receivedAtMs } = event.value;
      const conflict = seen.conflictIn(checksums);
      const conflictAt = conflict?.place.ledger ?? Infinity;
      while (outcomes.length > 0 && firstOf(outcomes[0]!) < conflictAt) {
        yield* steps.of(await assembled(outcomes.shift()!, receivedAtMs));
      }
      if (conflict !== undefined) throw conflict;
      if (error !== undefined) throw ProcessorError.fromPlain(error);
      accepted.ledgers -= ledgers;
      if (endLedger === 0 && accepted.ledgers === 0) yield* steps.of(assembler.flush());
    }
    if (accepted.failure !== undefined) throw accepted.failure.error;
    yield* steps.of(assembler.flush());
  } catch (error) {
    if (!signal.aborted) yield* steps.of(assembler.flush());
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
 * size is not known before it comes; the one before it is the best guess, and the source asks for more where that is wrong.
 */
async function* claimed(
  { source, memory, growth }: BatchStreamParts & { readonly growth: RowGrowth },
  { decode, ...range }: RangeRequest,
  signal: AbortSignal,
  accepted: Accepted,
): AsyncGenerator<HeldChunk, void, undefined> {
  const claimed = { bytes: 0, isLarge: false };
  const claim = async (bytes: number, isLarge: boolean): Promise<void> => {
    // Anew, since a stream that waits for more than it has must not be in the way of others meanwhile.
    memory.received(claimed.bytes, 0);
    claimed.bytes = 0;
    await memory.claim(bytes, isLarge);
    claimed.bytes = bytes;
    claimed.isLarge ||= isLarge;
  };
  const open = decode.onBadLedger === 'quarantine' ? pastGaps : asTheyCome;
  const chunks = open(source, range, signal, { forLarge: (bytes) => claim(growth.chargeFor(bytes), true) })[
    Symbol.asyncIterator
  ]();
  let expectedBytes = FIRST_CHUNK_BYTES;
  try {
    for (;;) {
      await claim(growth.chargeFor(Math.min(LARGE_BYTES, expectedBytes)), false);
      const next = await chunks.next();
      if (next.done === true) return;
      const chunk = next.value;
      const heldBytes = growth.chargeFor(chunk.bytes);
      memory.received(claimed.bytes, heldBytes);
      if (claimed.isLarge && chunk.bytes <= LARGE_BYTES) memory.largeDone();
      claimed.bytes = 0;
      claimed.isLarge = false;
      expectedBytes = chunk.bytes;
      accepted.ledgers += chunk.lastLedger - chunk.firstLedger + 1;
      yield { ...chunk, heldBytes };
    }
  } catch (error) {
    accepted.failure = { error };
  } finally {
    await chunks.return?.();
  }
}

function asTheyCome(
  source: LedgerSource,
  range: LedgerRange,
  signal: AbortSignal,
  room: Room,
): AsyncIterable<ChunkOrGap, unknown> {
  return source.ledgers(range, signal, room);
}
