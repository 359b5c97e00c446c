/**
 * The steps of one stream, each of which says how far the stream is.
 *
 * A class, not closures inside the stream's loop: a closure that is a generator has a prototype of its own, so that V8
 * optimised the loop for what one stream's steps look like and threw that away with the next stream. Compiling it again
 * took 50 to 80 ms each time.
 */
import type { BatchMessage } from '../../workers/ipc.js';
import type { RangeRequest } from '../request/range-request.js';
import { batchProgress, type BatchProgress, quietProgress } from './app-metadata.js';
import type { LedgerBatch } from './batches.js';

/** A batch, or only the progress made (also none, to show that the stream is alive). */
export interface StreamStep {
  /** Undefined where there are no rows. */
  readonly batch: BatchMessage | undefined;
  readonly progress: BatchProgress;
  /** Bytes that the stream's memory holds for it, to be released when it is gone. */
  readonly heldBytes: number;
  /** What holds them, for {@link DecodePool.takeBack} then. */
  readonly buffers: readonly ArrayBuffer[];
}

export class StreamSteps {
  /** When the last one was made. */
  lastAt = performance.now();
  private readonly endLedger: number;
  private completeThrough: number;

  constructor({ startLedger, endLedger }: RangeRequest) {
    this.completeThrough = startLedger - 1;
    this.endLedger = endLedger;
  }

  /** Takes `batches` one by one: what was sent must not be kept for the sake of what was not. */
  *of(batches: LedgerBatch[]): Generator<StreamStep> {
    while (batches.length > 0) {
      const batch = batches.shift()!;
      yield this.step(batchProgress(batch, this.completeThrough, this.endLedger), batch);
    }
  }

  quiet(): StreamStep {
    return this.step(quietProgress(this.completeThrough));
  }

  private step(progress: BatchProgress, batch?: LedgerBatch): StreamStep {
    this.completeThrough = progress.complete_through;
    this.lastAt = performance.now();
    const buffers = batch?.blocks.map(({ body }) => body.buffer) ?? [];
    return { batch: batch?.message, progress, heldBytes: batch?.heldBytes ?? 0, buffers };
  }
}
