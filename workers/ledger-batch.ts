/**
 * LedgerCloseMetaBatch: startSequence, endSequence (inclusive), ledgerCloseMetas<>. How chunks and data lake objects hold
 * ledgers.
 */
import type { DecodeInput } from './decode-result.js';
import { ProcessorError } from './errors.js';
import type { XdrReader } from './xdr/reader.js';

/** Three words: the two sequences and the count. The first ledger follows. */
export const BATCH_HEADER_BYTES = 12;

export interface BatchHeader {
  /** Both inclusive. */
  readonly start: number;
  readonly end: number;
}

/** Throws LEDGER_INVALID or LEDGER_MISMATCH for a header that is cut short, or at odds with itself or what came with it. */
export function readBatchHeader(r: XdrReader, said: Pick<DecodeInput, 'sequence' | 'lastLedger'>): BatchHeader {
  if (r.end < BATCH_HEADER_BYTES) {
    const message = `LedgerCloseMetaBatch: ${BATCH_HEADER_BYTES} bytes expected, ${r.end} found`;
    throw new ProcessorError('LEDGER_INVALID', message);
  }
  const start = r.view.getUint32(0);
  const end = r.view.getUint32(4);
  const count = r.view.getUint32(8);
  if (end < start || count !== end - start + 1) {
    const message = `LedgerCloseMetaBatch of ledgers ${start} to ${end} holds ${count}`;
    throw new ProcessorError('LEDGER_MISMATCH', message, { ledger: start, lastLedger: end });
  }
  const { sequence = start, lastLedger = end } = said;
  if (sequence !== start) {
    const message = `ledger ${sequence} expected, the header says ${start}`;
    throw new ProcessorError('LEDGER_MISMATCH', message, { ledger: sequence });
  }
  if (lastLedger > end) {
    const message = `LedgerCloseMetaBatch of ledgers up to ${lastLedger} expected, it ends at ${end}`;
    throw new ProcessorError('LEDGER_MISMATCH', message, { ledger: end + 1, lastLedger });
  }
  return { start, end };
}

/** A batch of the ledgers `start` to `end` (inclusive), whose bytes are `ledgers`. */
export function ledgerBatch(start: number, end: number, ledgers: Uint8Array): Uint8Array {
  const batch = new Uint8Array(BATCH_HEADER_BYTES + ledgers.byteLength);
  const view = new DataView(batch.buffer);
  view.setUint32(0, start);
  view.setUint32(4, end);
  view.setUint32(8, end - start + 1);
  batch.set(ledgers, BATCH_HEADER_BYTES);
  return batch;
}
