/**
 * LedgerCloseMeta: one closed ledger. This is the only walk over a ledger's bytes; it serves every table.
 *
 *   V0  ledgerHeader, txSet: TransactionSet, txProcessing<TransactionResultMeta>, upgradesProcessing, scpInfo
 *   V1  ext, ledgerHeader, txSet: GeneralizedTransactionSet, txProcessing<TransactionResultMeta>, upgradesProcessing,
 *       scpInfo, totalByteSizeOfLiveSorobanState, evictedKeys<LedgerKey>, unused<LedgerEntry>
 *   V2  as V1 with txProcessing<TransactionResultMetaV1>, and without `unused`
 *
 *   LedgerHeaderHistoryEntry  hash, LedgerHeader { ledgerVersion, previousLedgerHash, scpValue { txSetHash, closeTime,
 *                             upgrades, ext }, txSetResultHash, bucketListHash, ledgerSeq, … }, ext
 */
import { NO_ROWS_COUNTED, type ChangeLog } from './change-log.js';
import { scanChanges, scanEvictedEntries, scanEvictedKeys } from './changes.js';
import { arrayCount, truncated, unknownArm, XdrError, type XdrReader } from './reader.js';
import {
  skipGeneralizedTransactionSet,
  skipLedgerCloseMetaExt,
  skipLedgerHeaderHistoryEntry,
  skipLedgerUpgrade,
  skipScpHistoryEntry,
  skipStellarValue,
  skipTransactionSet,
} from './skip.generated.js';
import { scanTransaction, skipArray } from './transaction-meta.js';

/** Last Unix second that a JavaScript Date, an Arrow timestamp[us] and a PostgreSQL timestamptz can all hold. */
const LAST_CLOSE_TIME = 8_640_000_000_000;

/** Smallest TransactionResultMeta: hash, result of 20 bytes, empty fee changes, empty meta. */
const MIN_TRANSACTION_BYTES = 60;

export interface ScannedLedger {
  /** Offset of the transaction set, and its form, for the passphrase check. */
  readonly txSet: number;
  readonly isGeneralized: boolean;
  /** Offset behind the ledger. */
  readonly end: number;
}

/**
 * Scans the LedgerCloseMeta at offset `p` into `log` (which is reset first). Throws {@link XdrError} for anything that
 * is not one. `log.sequence` is set as soon as it is known, so that an error can name the ledger.
 */
export function scanLedgerCloseMeta(r: XdrReader, log: ChangeLog, p = 0): ScannedLedger {
  log.reset();
  if (p + 4 > r.end) truncated(r, 'LedgerCloseMeta', p, 4);
  const version = r.view.getInt32(p);
  if (version < 0 || version > 2) unknownArm('LedgerCloseMeta', p, version);
  p += 4;

  if (version > 0) p = skipLedgerCloseMetaExt(r, p);
  p = scanHeader(r, p, log);
  const txSet = p;
  p = version === 0 ? skipTransactionSet(r, p) : skipGeneralizedTransactionSet(r, p);

  const transactions = arrayCount(r, p, 'LedgerCloseMeta.txProcessing', MIN_TRANSACTION_BYTES);
  p += 4;
  for (let i = 0; i < transactions; i += 1) p = scanTransaction(r, p, log, version === 2 ? 1 : 0);

  const upgrades = arrayCount(r, p, 'LedgerCloseMeta.upgradesProcessing', 8);
  p += 4;
  for (let i = 0; i < upgrades; i += 1) p = scanChanges(r, skipLedgerUpgrade(r, p), log, NO_ROWS_COUNTED);

  p = skipArray(r, p, 'ScpHistoryEntry', skipScpHistoryEntry);

  if (version > 0) {
    if (p + 8 > r.end) truncated(r, 'LedgerCloseMeta.totalByteSizeOfLiveSorobanState', p, 8);
    const evictions = log.lists.open(-1, -1);
    p = scanEvictedKeys(r, p + 8, log, evictions);
    if (version === 1) p = scanEvictedEntries(r, p, log, evictions);
  }
  return { txSet, isGeneralized: version > 0, end: p };
}

function scanHeader(r: XdrReader, p: number, log: ChangeLog): number {
  const end = skipLedgerHeaderHistoryEntry(r, p);
  const scpValue = p + 68;
  log.hash = p;
  log.protocol = r.view.getUint32(p + 32);
  log.sequence = r.view.getUint32(skipStellarValue(r, scpValue) + 64);
  const closeTime = r.view.getBigUint64(scpValue + 32);
  if (closeTime > LAST_CLOSE_TIME) {
    throw new XdrError('StellarValue', scpValue + 32, `close time ${closeTime} is beyond the year 275760`);
  }
  log.closeTime = Number(closeTime);
  return end;
}
