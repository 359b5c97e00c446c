import { ProcessorError } from '../../workers/errors.js';
import { skipLedgerCloseMeta } from '../../workers/xdr/skip.generated.js';
import { XdrError, XdrReader } from '../../workers/xdr/reader.js';
import type { ByteQueue } from './byte-queue.js';
import { invalidLedger, isLedgerArm, leftOver } from './ledger-check.js';

/** startSequence, endSequence (inclusive), count of ledgers. */
const BATCH_HEADER_BYTES = 12;
const HEAD_BYTES = BATCH_HEADER_BYTES + 4;

export interface WholeLedger {
  readonly bytes: Uint8Array;
  readonly sequence?: number;
}

/** The input read as one of the forms. It is of that form if the reading reached the input's end without an error. */
interface Reading {
  readonly form: 'ledger' | 'batch';
  /** Offset of the first ledger. */
  readonly start: number;
  /** Offset behind each whole ledger. */
  readonly ends: readonly number[];
  /** How far it came. */
  readonly reached: number;
  readonly error: XdrError | undefined;
}

/**
 * The ledgers of a LedgerCloseMeta or a LedgerCloseMetaBatch of at most `maxBytes`. Where the input is neither to its
 * last byte, the error is that of the reading which came further, behind the whole ledgers of that reading.
 */
export async function* wholeLedgers(bytes: ByteQueue, maxBytes: number): AsyncGenerator<WholeLedger, void, undefined> {
  const forms = possibleForms(await bytes.peek(HEAD_BYTES));
  if ((await bytes.fill(maxBytes + 1)) > maxBytes) throw tooLarge(maxBytes);
  const r = new XdrReader(await bytes.take(maxBytes));
  const readings = forms.map((form) => read(r, form));
  const exact = readings.find(({ reached, error }) => error === undefined && reached === r.end);
  const { form, start, ends, reached, error } = exact ?? furthest(readings, r);

  const batch = form === 'batch' ? batchHeader(r.view) : undefined;
  if (batch?.isConsistent === false) throw inconsistent(batch);
  const isTooLong = error === undefined && reached < r.end;
  let p = start;
  // A ledger with bytes behind it is not taken for sound.
  for (const [i, end] of (isTooLong ? ends.slice(0, -1) : ends).entries()) {
    const ledger = p === 0 && end === r.end ? r.bytes : new Uint8Array(r.bytes.subarray(p, end));
    yield batch === undefined ? { bytes: ledger } : { bytes: ledger, sequence: batch.first + i };
    p = end;
  }
  if (error !== undefined) throw invalidLedger(error, ends.length, p, p);
  if (isTooLong) throw leftOver(r.end - reached, ends.length - 1, reached);
}

/** What the first bytes allow. Both begin with a small number where the ledgers of a batch are the first of a network. */
function possibleForms(head: Uint8Array): Reading['form'][] {
  if (head.length === 0) throw new ProcessorError('INPUT_UNREADABLE', `empty, ${EXPECTED} expected`);
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const forms: Reading['form'][] = [];
  if (head.length >= 4 && isLedgerArm(view.getUint32(0))) forms.push('ledger');
  if (head.length >= BATCH_HEADER_BYTES) {
    const { count, isConsistent } = batchHeader(view);
    if (count === 0 && head.length === BATCH_HEADER_BYTES) {
      throw new ProcessorError('INPUT_UNREADABLE', 'a LedgerCloseMetaBatch without ledgers');
    }
    const beginsLedger = head.length === HEAD_BYTES && isLedgerArm(view.getUint32(BATCH_HEADER_BYTES));
    if (count > 0 && (isConsistent || beginsLedger)) forms.push('batch');
  }
  if (forms.length === 0) throw noLedgers(head);
  return forms;
}

/** Of readings that all failed, the one that is to be reported. A batch must at least have a header to be believed. */
function furthest(readings: readonly Reading[], r: XdrReader): Reading {
  const believable = readings.filter(({ form }) => form === 'ledger' || batchHeader(r.view).isConsistent);
  if (believable.length === 0) throw noLedgers(r.bytes.subarray(0, HEAD_BYTES));
  return believable.reduce((a, b) => (b.reached > a.reached ? b : a));
}

const EXPECTED = 'a ledger, a batch of ledgers or a stream of ledgers and their lengths (plain, zstd or gzip)';

function noLedgers(head: Uint8Array): ProcessorError {
  const found = Buffer.from(head).toString('hex');
  return new ProcessorError('INPUT_UNREADABLE', `${EXPECTED} expected, found bytes that begin ${found}`);
}

function read(r: XdrReader, form: Reading['form']): Reading {
  const start = form === 'ledger' ? 0 : BATCH_HEADER_BYTES;
  const count = form === 'ledger' ? 1 : batchHeader(r.view).count;
  const ends: number[] = [];
  let p = start;
  try {
    while (ends.length < count) {
      p = skipLedgerCloseMeta(r, p);
      ends.push(p);
    }
    return { form, start, ends, reached: p, error: undefined };
  } catch (error) {
    if (!(error instanceof XdrError)) throw error;
    return { form, start, ends, reached: error.offset, error };
  }
}

interface BatchHeader {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
  readonly count: number;
  /** Whether it counts as many ledgers as its sequences say. */
  readonly isConsistent: boolean;
}

function batchHeader(view: DataView): BatchHeader {
  const first = view.getUint32(0);
  const last = view.getUint32(4);
  const count = view.getUint32(8);
  return { first, last, count, isConsistent: last - first + 1 === count };
}

function inconsistent({ first, last, count }: BatchHeader): ProcessorError {
  const message = `LedgerCloseMetaBatch of ledgers ${first} to ${last} holds ${count}`;
  return new ProcessorError('LEDGER_MISMATCH', message, { ledger: first, lastLedger: last });
}

function tooLarge(maxBytes: number): ProcessorError {
  const detail = `a ledger or batch of at most ${maxBytes} bytes expected, more found; only a stream may be longer`;
  return new ProcessorError('INPUT_UNREADABLE', detail);
}
