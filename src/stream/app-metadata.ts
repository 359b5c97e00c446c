/** What each Flight message says of the stream's progress, as JSON in its app_metadata. */
import type { ErrorCode } from '../../workers/errors.js';
import type { LedgerBatch } from './batches.js';

/** Why a bounded stream is over: all was delivered, or it was stopped. */
export type StreamEnd = 'complete' | 'stopped';

/** Ledgers that gave no rows because they were set aside: first and last, both inclusive, and the error's code. */
export type LedgerGap = readonly [from: number, to: number, reason: ErrorCode];

export interface BatchProgress {
  readonly v: 1;
  readonly first_ledger: number;
  readonly last_ledger: number;
  /** Every row of every ledger up to this one has been sent; reading on after a break starts at the next. */
  readonly complete_through: number;
  readonly rows: number;
  /** For a part of one ledger: which, from 1, of how many. */
  readonly piece?: number;
  readonly pieces?: number;
  /** Among the ledgers that this passes. */
  readonly gaps?: readonly LedgerGap[];
  readonly end?: StreamEnd;
}

/** The progress that `batch` makes in a stream complete through `completeThrough` so far. */
export function batchProgress(batch: LedgerBatch, completeThrough: number, endLedger: number): BatchProgress {
  const { firstLedger, lastLedger, rows, piece, gaps } = batch;
  const isWhole = piece === undefined || piece.number === piece.of;
  const complete = isWhole ? lastLedger : completeThrough;
  return {
    v: 1,
    first_ledger: firstLedger,
    last_ledger: lastLedger,
    complete_through: complete,
    rows,
    ...(piece !== undefined && { piece: piece.number, pieces: piece.of }),
    ...(gaps !== undefined && { gaps }),
    ...(complete === endLedger && { end: 'complete' }),
  };
}

/** The progress of a message without rows that only says that the stream is alive. */
export function quietProgress(completeThrough: number): BatchProgress {
  return {
    v: 1,
    first_ledger: completeThrough + 1,
    last_ledger: completeThrough,
    complete_through: completeThrough,
    rows: 0,
  };
}

export function encodeProgress(progress: BatchProgress): Uint8Array {
  return Buffer.from(JSON.stringify(progress));
}
