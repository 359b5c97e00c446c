/**
 * What a quarantine directory keeps of ledgers that were set aside, two files each:
 *
 *   cee0302d-53312000.json   why, as below; written last, so that what it says is there
 *   cee0302d-53312000.xdr    their bytes as they came, readable or not; absent where the source does not have them
 *
 * The names begin with the network id (sha256 of the passphrase), so that networks can share a directory, and go on with
 * the ledger, or with the first and the last of several: cee0302d-53312000-53312015.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { ProcessorError } from '../../workers/errors.js';

export const RECORD_SUFFIX = '.json';
export const DATA_SUFFIX = '.xdr';
const NETWORK_ID_DIGITS = 8;

const ledger = z.int().min(1).max(0xffff_ffff);

const recordSchema = z.object({
  v: z.literal(1),
  network_passphrase: z.string(),
  /** The ledgers set aside, both inclusive. */
  first_ledger: ledger,
  last_ledger: ledger,
  /** A code of the table of errors. */
  code: z.string(),
  message: z.string(),
  /** Where in the ledger, for what is no XDR. */
  offset: z.int().optional(),
  type: z.string().optional(),
  /** ISO 8601. */
  set_aside_at: z.string(),
  data: z
    .object({
      /** In the same directory. */
      file: z.string(),
      /** `ledger`: a LedgerCloseMeta. `batch`: a LedgerCloseMetaBatch. Perhaps compressed, perhaps damaged. */
      form: z.enum(['ledger', 'batch']),
      /** The ledger that the bytes begin with, which may be before `first_ledger` in a batch. */
      begins_with: ledger,
      bytes: z.int(),
      sha256: z.string(),
    })
    .nullable(),
});

export type QuarantineRecord = z.output<typeof recordSchema>;

/** Name of a record's files, without suffix. */
export function recordName(networkPassphrase: string, firstLedger: number, lastLedger: number): string {
  const network = hash('sha256', networkPassphrase, 'hex').slice(0, NETWORK_ID_DIGITS);
  return lastLedger === firstLedger ? `${network}-${firstLedger}` : `${network}-${firstLedger}-${lastLedger}`;
}

/** Reads the text of a record. Throws INPUT_UNREADABLE, which names `file`. */
export function parseRecord(text: string, file: string): QuarantineRecord {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    const message = `${file}: the record of a quarantined ledger expected, something else found`;
    throw new ProcessorError('INPUT_UNREADABLE', message, { file }, error);
  }
}
