/**
 * A range stream: one reader's own way from the source to Flight messages, at the reader's pace.
 *
 * A bounded one ends with a message that is complete through its last ledger. It fails with an error that says where to
 * resume, after every row before the failure was sent; one whose reader is too slow after those that it was given.
 */
import { selectColumns } from '../../workers/columns/tables.js';
import { asProcessorError, ProcessorError } from '../../workers/errors.js';
import { emptyRecordBatch } from '../../workers/ipc.js';
import type { FlightMessage } from '../flight/flight-producer.js';
import type { RangeRequest } from '../request/range-request.js';
import { type BatchProgress, encodeProgress } from './app-metadata.js';
import { resumable, shuttingDown } from './endings.js';
import { batchStream, type BatchStreamParts } from './batch-stream.js';
import type { SlowCandidate } from './slow-ranges.js';

export interface RangeStreamParts extends BatchStreamParts {
  /** The transport has sent a message with this progress. */
  readonly onSent: (progress: BatchProgress) => void;
  /** Has the stream let go of if it keeps others waiting; returns what ends that. */
  readonly watch: (candidate: SlowCandidate) => () => void;
}

/** The messages of a range. Closes `parts.memory` when it ends for whatever reason. */
export async function* rangeStream(
  range: RangeRequest,
  parts: RangeStreamParts,
  signal: AbortSignal,
): AsyncGenerator<FlightMessage, void, undefined> {
  const { memory } = parts;
  const empty = emptyRecordBatch(selectColumns(range.decode.table, range.decode.columns).map(({ kind }) => kind));
  const detached = new AbortController();
  const steps = batchStream(range, parts, AbortSignal.any([signal, detached.signal]));
  let completeThrough = range.startLedger - 1;
  let unsettled = 0;
  let movedAtMs = 0;
  const unwatch = parts.watch({
    memory,
    standsSinceMs: () => (unsettled === 0 ? undefined : movedAtMs),
    letGo(error) {
      detached.abort(error);
      memory.close();
      // What it holds, it holds no longer, though its reader may never ask for the next message.
      steps.return().catch(() => undefined);
    },
  });
  try {
    for await (const { batch, progress, heldBytes, buffers } of steps) {
      completeThrough = progress.complete_through;
      if (unsettled === 0) movedAtMs = performance.now();
      unsettled += 1;
      const { metadata, body } = batch ?? empty;
      yield {
        metadata,
        body,
        appMetadata: encodeProgress(progress),
        onSettled: (wasSent) => {
          memory.release(heldBytes);
          parts.pool.takeBack(buffers);
          unsettled -= 1;
          movedAtMs = performance.now();
          if (wasSent) parts.onSent(progress);
        },
      };
    }
    detached.signal.throwIfAborted();
    if (range.endLedger === 0 || completeThrough < range.endLedger) throw endedEarly(parts.draining, completeThrough);
  } catch (error) {
    // Why it was aborted counts, whatever came of that on the way.
    signal.throwIfAborted();
    throw resumable(asProcessorError(detached.signal.aborted ? detached.signal.reason : error), completeThrough + 1);
  } finally {
    unwatch();
    memory.close();
  }
}

function endedEarly(draining: AbortSignal, completeThrough: number): ProcessorError {
  if (draining.aborted) return shuttingDown();
  return new ProcessorError('INTERNAL', `the source ended without an error after ledger ${completeThrough}`);
}
