/**
 * The whole of a worker's work, pure and synchronous: bytes of ledgers in, record batches out.
 *
 *   unpack -> scan (one walk, all tables) -> arrange rows -> filter -> columns -> Arrow IPC
 *
 * The thread form and the in-process form of the pool run this same code. A decoder is made once per request and keeps
 * its scratch memory from task to task.
 */
import type { DecodedLedger, DecodeInput, DecodeResult } from './decode-result.js';
import { asProcessorError, ProcessorError } from './errors.js';
import type { DecodeRequest } from './request.js';
import { tableDecoder, type TableDecoder } from './table-decoder.js';
import { Network } from './rows/network.js';
import { unpackBorrowed } from './unpack/unpack.js';
import { ChangeLog } from './xdr/change-log.js';
import { scanLedgerCloseMeta, type ScannedLedger } from './xdr/ledger-close-meta.js';
import { checkPassphrase } from './xdr/passphrase.js';
import { XdrError, XdrReader } from './xdr/reader.js';
import { skipLedgerCloseMeta } from './xdr/skip.generated.js';

const BATCH_HEADER_BYTES = 12;

export interface DecodeLimits {
  /** Most bytes that one compressed input may unpack to. */
  readonly unpackedBytes: number;
}

export const DEFAULT_LIMITS: DecodeLimits = { unpackedBytes: 256 * 1024 * 1024 };

export class LedgerDecoder {
  private readonly network: Network;
  private readonly table: TableDecoder;
  private readonly limits: DecodeLimits;
  private readonly log = new ChangeLog();
  private passphraseChecked = false;

  constructor(request: DecodeRequest, limits: DecodeLimits = DEFAULT_LIMITS) {
    this.network = new Network(request.networkPassphrase);
    this.table = tableDecoder(request, this.network);
    this.limits = limits;
  }

  /** Decodes the inputs of one task, in order, up to the first that fails. Never throws for what the bytes hold. */
  decode(inputs: readonly DecodeInput[]): DecodeResult {
    this.passphraseChecked = false;
    const ledgers: DecodedLedger[] = [];
    try {
      for (const input of inputs) {
        const r = new XdrReader(unpackBorrowed(input.bytes, { maxBytes: this.limits.unpackedBytes }));
        if (input.form === 'ledger') this.decodeLedger(r, input.sequence, ledgers);
        else this.decodeBatch(r, input, ledgers);
      }
      return { ledgers };
    } catch (error) {
      return { ledgers, error: asProcessorError(error).toPlain() };
    }
  }

  private decodeLedger(r: XdrReader, sequence: number | undefined, ledgers: DecodedLedger[]): void {
    this.decodeAt(r, 0, sequence, true, ledgers);
  }

  /** LedgerCloseMetaBatch: startSequence, endSequence (inclusive), ledgerCloseMetas<>. */
  private decodeBatch(r: XdrReader, input: DecodeInput, ledgers: DecodedLedger[]): void {
    if (r.end < BATCH_HEADER_BYTES) {
      const message = `LedgerCloseMetaBatch: ${BATCH_HEADER_BYTES} bytes expected, ${r.end} found`;
      throw new ProcessorError('LEDGER_INVALID', message);
    }
    const start = r.view.getUint32(0);
    const end = r.view.getUint32(4);
    const count = r.view.getUint32(8);
    if (end < start || count !== end - start + 1) {
      throw new ProcessorError('LEDGER_MISMATCH', `LedgerCloseMetaBatch of ledgers ${start} to ${end} holds ${count}`, {
        ledger: start,
        lastLedger: end,
      });
    }
    if (input.sequence !== undefined && input.sequence !== start) throw mismatch(input.sequence, start);
    const { firstLedger = start, lastLedger = end } = input;
    let p = BATCH_HEADER_BYTES;
    for (let sequence = start; sequence <= end; sequence += 1) {
      const isWanted = sequence >= firstLedger && sequence <= lastLedger;
      p = isWanted ? this.decodeAt(r, p, sequence, sequence === end, ledgers) : skipLedger(r, p, sequence);
    }
  }

  /** Decodes the ledger at `start`, adds it to `ledgers`, and returns the offset behind it. Nothing may follow the last. */
  private decodeAt(
    r: XdrReader,
    start: number,
    sequence: number | undefined,
    isLast: boolean,
    ledgers: DecodedLedger[],
  ): number {
    const { log } = this;
    let scanned: ScannedLedger;
    try {
      scanned = scanLedgerCloseMeta(r, log, start);
      if (isLast && scanned.end !== r.end) {
        throw new XdrError('LedgerCloseMeta', scanned.end, `${r.end - scanned.end} bytes left over after the ledger`);
      }
    } catch (error) {
      if (!(error instanceof XdrError)) throw error;
      throw invalidLedger(error, start, log.sequence === 0 ? sequence : log.sequence);
    }
    if (sequence !== undefined && sequence !== log.sequence) throw mismatch(sequence, log.sequence);
    if (!this.passphraseChecked) this.checkNetwork(r, scanned);
    ledgers.push(this.table.decode(r, log, scanned.end - start));
    return scanned.end;
  }

  private checkNetwork(r: XdrReader, scanned: ScannedLedger): void {
    const verdict = checkPassphrase(r, this.log, scanned, this.network.id);
    if (verdict === 'mismatch') {
      throw new ProcessorError(
        'PASSPHRASE_MISMATCH',
        `ledger ${this.log.sequence} is not of the network "${this.network.passphrase}": ` +
          'the hash of its first transaction under this passphrase is not among its results',
        { ledger: this.log.sequence },
      );
    }
    this.passphraseChecked = verdict === 'match';
  }
}

/** Passes a ledger of a batch that is not wanted. */
function skipLedger(r: XdrReader, start: number, sequence: number): number {
  try {
    return skipLedgerCloseMeta(r, start);
  } catch (error) {
    if (!(error instanceof XdrError)) throw error;
    throw invalidLedger(error, start, sequence);
  }
}

function invalidLedger(error: XdrError, start: number, sequence: number | undefined): ProcessorError {
  const offset = error.offset - start;
  const where = sequence === undefined ? 'ledger of unknown sequence' : `ledger ${sequence}`;
  const place = { offset, type: error.type, ...(sequence !== undefined && { ledger: sequence }) };
  return new ProcessorError('LEDGER_INVALID', `${where}, byte ${offset}, ${error.type}: ${error.detail}`, place, error);
}

function mismatch(expected: number, found: number): ProcessorError {
  const message = `ledger ${expected} expected, the header says ${found}`;
  return new ProcessorError('LEDGER_MISMATCH', message, { ledger: expected });
}
