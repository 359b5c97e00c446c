/** What the forms of input share: how a LedgerCloseMeta begins, and the errors of one that is not as it should be. */
import { ProcessorError } from '../../workers/errors.js';
import type { XdrError } from '../../workers/xdr/reader.js';

/** A LedgerCloseMetaV0 whose lists are empty. */
export const LEDGER_MIN_BYTES = 412;

/**
 * Whether a word can be the discriminant of a LedgerCloseMeta. 0 to 2 are known; a few more are taken for those of
 * protocols to come, which are better reported as such than as no ledger at all.
 */
export function isLedgerArm(word: number): boolean {
  return word < 16;
}

/**
 * The error of the ledger at position `index` of its file, which begins at `start` of the scanned buffer and at
 * `fileOffset` of the unpacked file.
 */
export function invalidLedger(error: XdrError, index: number, start: number, fileOffset: number): ProcessorError {
  const offset = error.offset - start;
  const where = `ledger ${index + 1} of the file (at byte ${fileOffset}), byte ${offset}, ${error.type}`;
  return new ProcessorError('LEDGER_INVALID', `${where}: ${error.detail}`, { offset, type: error.type }, error);
}

/** The error of bytes between the end of that ledger, at `fileOffset`, and the end of what should be ledgers only. */
export function leftOver(bytes: number, index: number, fileOffset: number): ProcessorError {
  const message = `${bytes} bytes left over behind ledger ${index + 1} of the file, at byte ${fileOffset}`;
  return new ProcessorError('LEDGER_INVALID', message);
}
