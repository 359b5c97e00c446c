/**
 * A range stream: one reader's own way from the source to record batches, at the reader's pace.
 *
 *   source -> claim memory -> group -> decode pool -> order -> batches -> messages
 *
 * - It is pulled: nothing is asked of the source before the reader wants it, but for a bounded look-ahead.
 * - Batches of a bounded range depend on its ledgers alone. A stream that follows the tip, or whose source stalls for
 *   FLUSH_INTERVAL, sends what it has.
 * - A bounded stream ends with a message that is complete through its last ledger. It fails with an error that says
 *   where to resume, after every row before the failure was sent.
 */
import { selectColumns } from '../../workers/columns/tables.js';
import type { DecodedLedger, DecodeResult } from '../../workers/decode-result.js';
import { asProcessorError, ProcessorError } from '../../workers/errors.js';
import { emptyRecordBatch, type RecordBatchMessage } from '../../workers/ipc.js';
import type { FlightMessage } from '../flight/flight-producer.js';
import { inOrder } from '../order/in-order.js';
import type { DecodePool } from '../pool/decode-pool.js';
import type { RangeRequest } from '../request/range-request.js';
import type { LedgerChunk, LedgerSource } from '../source/ledger-source.js';
import { batchProgress, type BatchProgress, encodeProgress, quietProgress } from './app-metadata.js';
import { BatchAssembler, type LedgerBatch } from './batches.js';
import { type ChunkGroup, decodeGroups } from './decode-groups.js';
import type { StreamMemory } from './memory-shares.js';
import { nextWithin, TIME_OUT } from './next-within.js';

export interface RangeStreamSettings {
  readonly ledgersPerTask: number;
  /** Tasks started ahead of the one whose result is next. */
  readonly lookAheadTasks: number;
  readonly flushIntervalMs: number;
  readonly keepaliveIntervalMs: number;
}

/** What a stream tells whoever keeps metrics and progress. */
export interface RangeStreamObserver {
  decoded(ledger: DecodedLedger, receivedAtMs: number): void;
  /** The transport has sent the message. */
  sent(progress: BatchProgress): void;
}

export interface RangeStreamParts {
  readonly source: LedgerSource;
  readonly pool: DecodePool;
  readonly memory: StreamMemory;
  readonly settings: RangeStreamSettings;
  readonly observer: RangeStreamObserver;
  /** Aborted when the service is being stopped: the source is left, and what was accepted is still delivered. */
  readonly draining: AbortSignal;
}

/** A decoded group, with what it was made of. */
interface DecodedGroup {
  readonly group: ChunkGroup;
  readonly result: DecodeResult;
}

/** The messages of a range. Closes `parts.memory` when it ends for whatever reason. */
export async function* rangeStream(
  range: RangeRequest,
  parts: RangeStreamParts,
  signal: AbortSignal,
): AsyncGenerator<FlightMessage, void, undefined> {
  const { settings, memory } = parts;
  const { startLedger, endLedger, decode } = range;
  const kinds = selectColumns(decode.table, decode.columns).map((column) => column.kind);
  const assembler = new BatchAssembler(kinds, decode.batchRows);
  const empty = emptyRecordBatch(kinds);
  const ahead = new Ahead();
  let completeThrough = startLedger - 1;
  let lastMessageAt = performance.now();

  const message = (batch: RecordBatchMessage | undefined, progress: BatchProgress, bytes: number): FlightMessage => {
    completeThrough = progress.complete_through;
    lastMessageAt = performance.now();
    const { metadata, body } = batch ?? empty;
    const onSettled = (wasSent: boolean): void => {
      memory.release(bytes);
      if (wasSent) parts.observer.sent(progress);
    };
    return { metadata, body, appMetadata: encodeProgress(progress), onSettled };
  };
  function* messages(batches: readonly LedgerBatch[]): Generator<FlightMessage> {
    for (const batch of batches) {
      yield message(batch.message, batchProgress(batch, completeThrough, endLedger), batch.blockBytes);
    }
  }

  const decoded = inOrder(
    decodeGroups(claimed(parts, range, AbortSignal.any([signal, parts.draining]), ahead), settings.ledgersPerTask),
    (group) => decodeGroup(group, range, parts),
    settings.lookAheadTasks,
  );
  try {
    let next = decoded.next();
    for (;;) {
      const isQuietBatch = assembler.waitingRows === 0;
      const untilKeepalive = lastMessageAt + settings.keepaliveIntervalMs - performance.now();
      const untilFlush = isQuietBatch || ahead.ledgers > 0 ? Infinity : settings.flushIntervalMs;
      const event = await nextWithin(next, Math.max(0, Math.min(untilKeepalive, untilFlush)));
      if (event === TIME_OUT) {
        const flushed = isQuietBatch || (untilFlush < untilKeepalive && ahead.ledgers === 0) ? assembler.flush() : [];
        if (flushed.length > 0) yield* messages(flushed);
        else yield message(undefined, quietProgress(completeThrough), 0);
        continue;
      }
      if (event.done === true) break;
      next = decoded.next();

      const { group, result } = event.value;
      for (const ledger of result.ledgers) {
        parts.observer.decoded(ledger, group[0]!.receivedAtMs);
        yield* messages(assembler.add(ledger));
      }
      if (result.error !== undefined) throw ProcessorError.fromPlain(result.error);
      ahead.ledgers -= ledgersOf(group);
      if (endLedger === 0 && ahead.ledgers === 0) yield* messages(assembler.flush());
    }
    yield* messages(assembler.flush());
    if (endLedger === 0 || completeThrough < endLedger) throw endedEarly(parts.draining, completeThrough);
  } catch (error) {
    if (signal.aborted) throw error;
    yield* messages(assembler.flush());
    throw resumable(asProcessorError(error), completeThrough);
  } finally {
    await decoded.return();
    memory.close();
  }
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
  { source, memory }: RangeStreamParts,
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

async function decodeGroup(group: ChunkGroup, range: RangeRequest, parts: RangeStreamParts): Promise<DecodedGroup> {
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

function endedEarly(draining: AbortSignal, completeThrough: number): ProcessorError {
  if (draining.aborted) return new ProcessorError('SHUTTING_DOWN', 'the service is being stopped');
  return new ProcessorError('INTERNAL', `the source ended without an error after ledger ${completeThrough}`);
}

function resumable(error: ProcessorError, completeThrough: number): ProcessorError {
  return new ProcessorError(error.code, `${error.message}; resume_from=${completeThrough + 1}`, error.place, error);
}
