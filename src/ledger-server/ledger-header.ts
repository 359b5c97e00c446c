/**
 * Sequence and close time of a LedgerCloseMeta, without a look at the rest of it.
 *
 *   LedgerCloseMeta           version, ext (from V1 on), ledgerHeader: LedgerHeaderHistoryEntry, …
 *   LedgerHeaderHistoryEntry  hash 32, LedgerHeader { ledgerVersion 4, previousLedgerHash 32, scpValue: StellarValue {
 *                             txSetHash 32, closeTime 8, … }, txSetResultHash 32, bucketListHash 32, ledgerSeq 4, … }
 */
import { XdrReader } from '../../workers/xdr/reader.js';
import { skipLedgerCloseMetaExt, skipStellarValue } from '../../workers/xdr/skip.generated.js';

export interface LedgerHeader {
  readonly sequence: number;
  /** Unix seconds. */
  readonly closeTime: bigint;
}

const BEFORE_SCP_VALUE_BYTES = 68;
const BEFORE_CLOSE_TIME_BYTES = 32;
const BEFORE_SEQUENCE_BYTES = 64;

/** Throws XdrError or RangeError for bytes that cannot be a ledger. */
export function readLedgerHeader(ledger: Uint8Array): LedgerHeader {
  const r = new XdrReader(ledger);
  const version = r.view.getUint32(0);
  const header = version === 0 ? 4 : skipLedgerCloseMetaExt(r, 4);
  const scpValue = header + BEFORE_SCP_VALUE_BYTES;
  return {
    sequence: r.view.getUint32(skipStellarValue(r, scpValue) + BEFORE_SEQUENCE_BYTES),
    closeTime: r.view.getBigUint64(scpValue + BEFORE_CLOSE_TIME_BYTES),
  };
}
