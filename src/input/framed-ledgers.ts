import { ProcessorError } from '../../workers/errors.js';
import { skipLedgerCloseMeta } from '../../workers/xdr/skip.generated.js';
import { XdrError, XdrReader } from '../../workers/xdr/reader.js';
import type { ByteQueue } from './byte-queue.js';
import { invalidLedger, isLedgerArm, LEDGER_MIN_BYTES, leftOver } from './ledger-check.js';

const LENGTH_BYTES = 4;
/** Set in the last (here the only) fragment of a record; stellar-core sets it, other writers do not. */
const LAST_FRAGMENT = 0x8000_0000;

/**
 * Whether the input begins with a frame: a length that a ledger can have, and a LedgerCloseMeta's discriminant. A ledger
 * begins with its discriminant, which is no such length, and a batch of such a first word has a second that is no less.
 */
export async function beginsFramed(bytes: ByteQueue): Promise<boolean> {
  const head = await bytes.peek(2 * LENGTH_BYTES);
  if (head.length < 2 * LENGTH_BYTES) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  return frameLength(view.getUint32(0)) >= LEDGER_MIN_BYTES && isLedgerArm(view.getUint32(LENGTH_BYTES));
}

/** The ledgers of a framed stream; one of them is held at a time. */
export async function* framedLedgers(
  bytes: ByteQueue,
  maxLedgerBytes: number,
): AsyncGenerator<{ readonly bytes: Uint8Array }, void, undefined> {
  for (let index = 0; (await bytes.fill(1)) > 0; index += 1) {
    const start = bytes.offset;
    const mark = await bytes.take(LENGTH_BYTES);
    if (mark.length < LENGTH_BYTES) {
      throw invalidFrame(index, start, `length of ${LENGTH_BYTES} bytes expected, ${mark.length} left`);
    }
    const length = frameLength(new DataView(mark.buffer, mark.byteOffset).getUint32(0));
    if (length < LEDGER_MIN_BYTES || length > maxLedgerBytes) {
      throw invalidFrame(index, start, `length of ${LEDGER_MIN_BYTES} to ${maxLedgerBytes} expected, ${length} found`);
    }
    const ledger = await bytes.take(length);
    if (ledger.length < length) {
      throw invalidFrame(index, start, `truncated: ${length} bytes expected, ${ledger.length} left`);
    }
    checkLedger(ledger, index, start + LENGTH_BYTES);
    yield { bytes: ledger };
  }
}

function frameLength(mark: number): number {
  return mark >= LAST_FRAGMENT ? mark - LAST_FRAGMENT : mark;
}

function checkLedger(ledger: Uint8Array, index: number, fileOffset: number): void {
  let end: number;
  try {
    end = skipLedgerCloseMeta(new XdrReader(ledger), 0);
  } catch (error) {
    throw error instanceof XdrError ? invalidLedger(error, index, 0, fileOffset) : error;
  }
  if (end < ledger.length) throw leftOver(ledger.length - end, index, fileOffset + end);
}

function invalidFrame(index: number, start: number, detail: string): ProcessorError {
  return new ProcessorError('LEDGER_INVALID', `frame of ledger ${index + 1} of the file (at byte ${start}): ${detail}`);
}
