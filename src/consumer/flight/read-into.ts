/**
 * Reads the ledgers of a stream into a commit buffer, whatever happens to the connection.
 *
 * - What was read is kept over a break, up to the last whole ledger; reading goes on behind it.
 * - Ledgers must follow one another, and so must the pieces of a large one; and rows be of the stream that was asked for.
 * - A service that says nothing new because the network is quiet says that; only failures count as such.
 */
import { ProcessorError } from '../../../workers/errors.js';
import { FlightReadError } from '../../flight-client/flight-read-error.js';
import { type FlightBatch, readFlight } from '../../flight-client/read-flight.js';
import type { CommitBuffer } from '../commit-buffer.js';
import type { CopyEncoder } from '../copy/copy-encoder.js';
import type { Patience } from '../patience.js';
import { explained, flightRefused, flightUnavailable, isPassing } from './flight-failure.js';
import type { FlightTarget, LedgerStream } from './ledger-stream.js';

export interface Reading {
  readonly target: FlightTarget;
  readonly stream: LedgerStream;
  /** Last ledger to read, inclusive; 0 follows the tip. */
  readonly endLedger: number;
  /** The encoder for the schema of a flight, in IPC message metadata. */
  readonly encoderFor: (schema: Uint8Array) => CopyEncoder;
  readonly patience: Patience;
  readonly idleTimeoutMs?: number;
  readonly observer: ReadObserver;
}

export interface ReadObserver {
  /** Rows came, or word that there are none. */
  received(rows: number, bytes: number): void;
}

/** Why there is no more to read: the last ledger was, or the session was stopped. */
export type ReadEnd = 'complete' | 'stopped';

/** Throws FLIGHT_*, STREAM_MISMATCH or ROW_REFUSED, and the signal's reason when it aborts; the buffer then holds what came before. */
export async function readInto(buffer: CommitBuffer, reading: Reading, signal: AbortSignal): Promise<ReadEnd> {
  let { stream } = reading;
  for (;;) {
    let failure: unknown;
    try {
      const end = await readOnce(buffer, { ...reading, stream }, signal);
      if (end !== undefined) return end;
      failure = new Error(`the stream ended behind ledger ${buffer.completeThrough}`);
    } catch (error) {
      signal.throwIfAborted();
      failure = await explained(reading.target, error, signal);
      signal.throwIfAborted();
      const other = failure instanceof FlightReadError ? stream.afterRefusal(failure) : undefined;
      if (other === undefined && !isPassing(failure)) throw flightRefused(failure);
      stream = other ?? stream;
    } finally {
      buffer.dropPieces();
    }
    if (!(await reading.patience.waitAfter(failure, signal))) throw flightUnavailable(reading.target, failure);
  }
}

/** Undefined where the stream ended before its end. */
async function readOnce(buffer: CommitBuffer, reading: Reading, signal: AbortSignal): Promise<ReadEnd | undefined> {
  const { target, stream, endLedger, patience, observer } = reading;
  if (endLedger !== 0 && buffer.completeThrough >= endLedger) return 'complete';
  const from = buffer.completeThrough + 1;
  const order = new PieceOrder();
  let encoder: CopyEncoder | undefined;
  const options = { ...target, ...(reading.idleTimeoutMs !== undefined && { idleTimeoutMs: reading.idleTimeoutMs }) };
  for await (const batch of readFlight(target.address, stream.command(from, endLedger), signal, options)) {
    encoder ??= reading.encoderFor(batch.schema);
    const { progress, message } = batch;
    checkOrder(batch, buffer.completeThrough, from, order);
    await stream.verify(Math.max(progress.last_ledger, progress.complete_through), signal);
    patience.progressed();
    observer.received(batch.rows, message.body.byteLength);
    const range = { first: progress.first_ledger, last: progress.last_ledger };
    const rows = encoder.encode(message, range, from);
    batch.free();
    await buffer.add({ ...rows, completeThrough: progress.complete_through, gaps: progress.gaps ?? [] });
    if (endLedger !== 0 && buffer.completeThrough >= endLedger) return 'complete';
    if (progress.end !== undefined) return progress.end;
  }
  return undefined;
}

/** A session may begin with a batch that holds ledgers before the one asked for. */
function checkOrder({ progress, rows }: FlightBatch, complete: number, from: number, order: PieceOrder): void {
  const { first_ledger: first, last_ledger: last, complete_through: through, rows: promised } = progress;
  const isQuiet = rows === 0 && last < first;
  if (isQuiet && through <= complete) return;
  const follows = first === complete + 1 || (complete + 1 === from && first < from && last >= from);
  if (!follows || through < complete || through > Math.max(last, complete)) {
    const found = `ledgers ${first} to ${last}, complete through ${through}`;
    throw invalid(`ledger ${complete + 1}: its turn had come, got a batch of ${found}`, complete + 1);
  }
  if (rows !== promised) throw invalid(`ledger ${first}: a batch of ${promised} rows expected, it has ${rows}`, first);
  if (!order.accepts(progress.piece, progress.pieces)) {
    throw invalid(`ledger ${first}: piece ${progress.piece ?? 1} of ${progress.pieces ?? 1} came out of turn`, first);
  }
}

/** The pieces of a ledger too large for one batch come as 1, 2, … to the last, with nothing between them. */
class PieceOrder {
  private expected = 1;

  accepts(piece = 1, pieces = 1): boolean {
    const isNext = piece === this.expected;
    this.expected = piece === pieces ? 1 : piece + 1;
    return isNext;
  }
}

function invalid(what: string, ledger: number): ProcessorError {
  return new ProcessorError('FLIGHT_INVALID', what, { ledger });
}
