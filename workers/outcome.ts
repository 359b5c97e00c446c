/**
 * What becomes of the ledgers of one task, as it is worked out. Where the request asks for it, a ledger that cannot be
 * read is set aside with its bytes; anything else that fails ends the task.
 */
import { crc32 } from 'node:zlib';
import type { BadLedgers, DecodedLedger, DecodeInput, DecodeResult, LedgerChecksum } from './decode-result.js';
import { asProcessorError, type ErrorCode } from './errors.js';
import type { BadLedgerPolicy } from './request.js';

/** What may be wrong with a ledger alone. A wrong passphrase is wrong for all of them, and never set aside. */
const OF_ONE_LEDGER: ReadonlySet<ErrorCode> = new Set([
  'LEDGER_INVALID',
  'LEDGER_MISMATCH',
  'UNPACK_FAILED',
  'UNPACK_LIMIT',
  'ROW_TOO_LARGE',
]);

export class Outcome {
  readonly ledgers: DecodedLedger[] = [];
  private readonly policy: BadLedgerPolicy;
  private readonly bad: BadLedgers[] = [];
  private readonly checksums: LedgerChecksum[] = [];

  constructor(policy: BadLedgerPolicy) {
    this.policy = policy;
  }

  /** Throws `error` where it may not be passed over. */
  checkPassable(error: unknown): void {
    if (this.policy === 'fail' || !OF_ONE_LEDGER.has(asProcessorError(error).code)) throw error;
  }

  /**
   * Sets aside the ledgers `firstLedger` to `lastLedger` (inclusive) for `error`, which {@link checkPassable} passed.
   * `input` is a copy of what they came as.
   */
  setAside(error: unknown, firstLedger: number, lastLedger: number, input: DecodeInput): void {
    const { code, message, place } = asProcessorError(error);
    const others =
      lastLedger > firstLedger
        ? `; ledgers ${firstLedger} to ${lastLedger} are set aside together: where each begins cannot be told`
        : '';
    this.bad.push({ firstLedger, lastLedger, error: { code, message: message + others, place }, input });
  }

  /** Notes the checksum of a ledger of `input`, where that is wanted. */
  check({ checkedFrom = Infinity }: DecodeInput, sequence: number, bytes: Uint8Array): void {
    if (sequence >= checkedFrom) this.checksums.push([sequence, crc32(bytes)]);
  }

  result(error?: unknown): DecodeResult {
    return {
      ledgers: this.ledgers,
      ...(this.checksums.length > 0 && { checksums: this.checksums }),
      ...(this.bad.length > 0 && { bad: this.bad }),
      ...(error !== undefined && { error: asProcessorError(error).toPlain() }),
    };
  }
}
