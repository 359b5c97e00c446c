/**
 * The whole of a worker's work, pure and synchronous: bytes of ledgers in, record batches out.
 *
 *   unpack -> scan (one walk, all tables) -> arrange rows -> filter -> columns -> Arrow IPC
 *
 * The thread form and the in-process form of the pool run this same code. A decoder is made once per request and keeps
 * its scratch memory from task to task.
 */
import type { DecodedLedger, DecodeInput, DecodeResult, TableRows } from './decode-result.js';
import { ProcessorError } from './errors.js';
import { BATCH_HEADER_BYTES, type BatchHeader, ledgerBatch, readBatchHeader } from './ledger-batch.js';
import { Outcome } from './outcome.js';
import type { BadLedgerPolicy, DecodeRequest } from './request.js';
import { tableDecoder, type TableDecoder } from './table-decoder.js';
import { Network } from './rows/network.js';
import { SpareBuffers } from './spare-buffers.js';
import { unpackBorrowed } from './unpack/unpack.js';
import { ChangeLog } from './xdr/change-log.js';
import { scanLedgerCloseMeta, type ScannedLedger } from './xdr/ledger-close-meta.js';
import { checkPassphrase } from './xdr/passphrase.js';
import { XdrError, XdrReader } from './xdr/reader.js';
import { skipLedgerCloseMeta } from './xdr/skip.generated.js';

export interface DecodeLimits {
  /** Most bytes that one compressed input may unpack to. */
  readonly unpackedBytes: number;
}

export const DEFAULT_LIMITS: DecodeLimits = { unpackedBytes: 256 * 1024 * 1024 };

export class LedgerDecoder {
  private readonly network: Network;
  private readonly table: TableDecoder;
  private readonly further: readonly TableDecoder[];
  private readonly limits: DecodeLimits;
  private readonly onBadLedger: BadLedgerPolicy;
  private readonly log = new ChangeLog();
  private passphraseChecked = false;

  /** Record batches are written into memory from `spare`, where there is some. Of several requests see {@link DecodeTask}. */
  constructor(
    requests: DecodeRequest | readonly DecodeRequest[],
    limits: DecodeLimits = DEFAULT_LIMITS,
    spare = new SpareBuffers(),
  ) {
    const [request, ...further] = [requests].flat() as [DecodeRequest, ...DecodeRequest[]];
    this.network = new Network(request.networkPassphrase);
    this.table = tableDecoder(request, this.network, spare);
    this.further = further.map((other) => tableDecoder(other, this.network, spare));
    this.limits = limits;
    this.onBadLedger = request.onBadLedger;
  }

  /**
   * Decodes the inputs of one task, in order, up to the first that fails, or past those that can be set aside where the
   * request asks for it. Never throws for what the bytes hold.
   */
  decode(inputs: readonly DecodeInput[]): DecodeResult {
    this.passphraseChecked = false;
    const outcome = new Outcome(this.onBadLedger);
    try {
      for (const input of inputs) {
        if (input.form === 'ledger') this.decodeLedger(input, outcome);
        else this.decodeBatch(input, outcome);
      }
      return outcome.result();
    } catch (error) {
      return outcome.result(error);
    }
  }

  private decodeLedger(input: DecodeInput, outcome: Outcome): void {
    const { sequence, firstLedger = sequence, lastLedger = sequence } = input;
    const isWanted = sequence === undefined || (sequence >= firstLedger! && sequence <= lastLedger!);
    try {
      const r = this.unpacked(input);
      if (sequence !== undefined) outcome.check(input, sequence, r.bytes);
      if (isWanted) this.decodeAt(r, 0, sequence, true, outcome);
    } catch (error) {
      outcome.checkPassable(error);
      if (sequence === undefined) throw error;
      if (isWanted) outcome.setAside(error, sequence, sequence, input);
    }
  }

  private decodeBatch(input: DecodeInput, outcome: Outcome): void {
    let r: XdrReader;
    let header: BatchHeader;
    try {
      r = this.unpacked(input);
      header = readBatchHeader(r, input);
    } catch (error) {
      outcome.checkPassable(error);
      const { sequence, firstLedger = sequence, lastLedger } = input;
      if (firstLedger === undefined || lastLedger === undefined) throw error;
      if (firstLedger <= lastLedger) outcome.setAside(error, firstLedger, lastLedger, input);
      return;
    }
    this.decodeLedgersOf(r, header, input, outcome);
  }

  private decodeLedgersOf(r: XdrReader, { start, end }: BatchHeader, input: DecodeInput, outcome: Outcome): void {
    const { firstLedger = start, lastLedger = end } = input;
    let p = BATCH_HEADER_BYTES;
    for (let sequence = start; sequence <= end; sequence += 1) {
      const isWanted = sequence >= firstLedger && sequence <= lastLedger;
      try {
        const next = isWanted ? this.decodeAt(r, p, sequence, sequence === end, outcome) : skipLedger(r, p, sequence);
        if (sequence <= lastLedger) outcome.check(input, sequence, r.bytes.subarray(p, next));
        p = next;
      } catch (error) {
        outcome.checkPassable(error);
        const next = sequence === end ? r.end : ledgerEnd(r, p);
        // A copy, since the memory that was unpacked into is used again.
        const bytes = new Uint8Array(r.bytes.subarray(p, next));
        if (next !== undefined) {
          if (sequence <= lastLedger) outcome.check(input, sequence, bytes);
          if (isWanted) outcome.setAside(error, sequence, sequence, { bytes, form: 'ledger', sequence });
          p = next;
          continue;
        }
        const first = Math.max(sequence, firstLedger);
        const batch: DecodeInput = { bytes: ledgerBatch(sequence, end, bytes), form: 'batch', sequence };
        if (first <= lastLedger) {
          outcome.setAside(error, first, lastLedger, { ...batch, firstLedger: first, lastLedger });
        }
        return;
      }
    }
  }

  private unpacked({ bytes }: DecodeInput): XdrReader {
    return new XdrReader(unpackBorrowed(bytes, { maxBytes: this.limits.unpackedBytes }));
  }

  /** Decodes the ledger at `start`, adds it to the outcome, and returns the offset behind it. Nothing may follow the last. */
  private decodeAt(
    r: XdrReader,
    start: number,
    sequence: number | undefined,
    isLast: boolean,
    outcome: Outcome,
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
    outcome.ledgers.push(this.decodeTables(r, scanned.end - start));
    return scanned.end;
  }

  private decodeTables(r: XdrReader, bytes: number): DecodedLedger {
    const ledger = this.table.decode(r, this.log, bytes);
    if (this.further.length === 0) return ledger;
    const further = this.further.map((table): TableRows => {
      const { rows, skipped, blocks, counts } = table.decode(r, this.log, bytes);
      return { rows, skipped, blocks, counts };
    });
    return { ...ledger, further };
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

/** The end of the ledger at `start`, or undefined where its bytes do not tell it. */
function ledgerEnd(r: XdrReader, start: number): number | undefined {
  try {
    return skipLedgerCloseMeta(r, start);
  } catch (error) {
    if (!(error instanceof XdrError)) throw error;
    return undefined;
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
