/**
 * TransactionResultMeta: one transaction of a ledger as it was applied.
 *
 *   TransactionResultMeta    result: TransactionResultPair, feeProcessing, txApplyProcessing
 *   TransactionResultMetaV1  ext, result, feeProcessing, txApplyProcessing, postTxApplyFeeProcessing
 *   TransactionResultPair    transactionHash, TransactionResult { feeCharged int64, result: union on code, ext }
 *   TransactionMeta          0: operations
 *                            1: txChanges, operations
 *                            2: txChangesBefore, operations, txChangesAfter
 *                            3: ext, txChangesBefore, operations, txChangesAfter, sorobanMeta*
 *                            4: ext, txChangesBefore, operations (V2), txChangesAfter, sorobanMeta*, events, diagnostics
 */
import { NO_ROWS, NO_ROWS_COUNTED, type ChangeLog } from './change-log.js';
import { scanChanges } from './changes.js';
import { arrayCount, readFlag, truncated, unknownArm, type XdrReader } from './reader.js';
import {
  skipContractEvent,
  skipDiagnosticEvent,
  skipExtensionPoint,
  skipSorobanTransactionMeta,
  skipSorobanTransactionMetaV2,
  skipTransactionEvent,
  skipTransactionResultPair,
} from './skip.generated.js';

const TX_FEE_BUMP_INNER_SUCCESS = 1;
const TX_INTERNAL_ERROR = -11;
const TX_FEE_BUMP_INNER_FAILED = -13;

/** Up to this protocol the meta of a transaction that failed with txINTERNAL_ERROR holds changes that were undone. */
const LAST_PROTOCOL_WITH_UNDONE_CHANGES = 12;

/** Walks a TransactionResultMeta (`form` 0) or TransactionResultMetaV1 (`form` 1); returns the offset behind it. */
export function scanTransaction(r: XdrReader, p: number, log: ChangeLog, form: 0 | 1): number {
  if (form === 1) p = skipExtensionPoint(r, p);

  const pair = p;
  p = skipTransactionResultPair(r, pair);
  const resultCode = r.view.getInt32(pair + 40);
  const isFeeBump = resultCode === TX_FEE_BUMP_INNER_SUCCESS || resultCode === TX_FEE_BUMP_INNER_FAILED;
  const transaction = log.transactions.count;
  log.transactions.add(pair, isFeeBump ? pair + 44 : -1);

  p = scanChanges(r, p, log, NO_ROWS_COUNTED);
  const onlyBefore = resultCode === TX_INTERNAL_ERROR && log.protocol <= LAST_PROTOCOL_WITH_UNDONE_CHANGES;
  p = scanTransactionMeta(r, p, log, transaction, onlyBefore);
  if (form === 1) p = scanChanges(r, p, log, NO_ROWS_COUNTED);
  return p;
}

function scanTransactionMeta(
  r: XdrReader,
  p: number,
  log: ChangeLog,
  transaction: number,
  onlyBefore: boolean,
): number {
  if (p + 4 > r.end) truncated(r, 'TransactionMeta', p, 4);
  const version = r.view.getInt32(p);
  if (version < 0 || version > 4) unknownArm('TransactionMeta', p, version);
  p += 4;
  if (version === 0) {
    log.counts.transactionMetaV0 += 1;
    return scanOperations(r, p, log, NO_ROWS, false);
  }

  if (version >= 3) p = skipExtensionPoint(r, p);
  p = scanChanges(r, p, log, log.lists.open(transaction, -1));
  p = scanOperations(r, p, log, onlyBefore ? NO_ROWS : transaction, version === 4);
  if (version >= 2) p = scanChanges(r, p, log, onlyBefore ? NO_ROWS : log.lists.open(transaction, -1));
  if (version === 3) p = skipOptional(r, p, 'SorobanTransactionMeta', skipSorobanTransactionMeta);
  if (version === 4) {
    p = skipOptional(r, p, 'SorobanTransactionMetaV2', skipSorobanTransactionMetaV2);
    p = skipArray(r, p, 'TransactionEvent', skipTransactionEvent);
    p = skipArray(r, p, 'DiagnosticEvent', skipDiagnosticEvent);
  }
  return p;
}

/** OperationMeta { changes } or OperationMetaV2 { ext, changes, events }. */
function scanOperations(r: XdrReader, p: number, log: ChangeLog, transaction: number, isV2: boolean): number {
  const count = arrayCount(r, p, 'OperationMeta', isV2 ? 12 : 4);
  p += 4;
  for (let operation = 0; operation < count; operation += 1) {
    if (isV2) p = skipExtensionPoint(r, p);
    p = scanChanges(r, p, log, transaction === NO_ROWS ? NO_ROWS : log.lists.open(transaction, operation));
    if (isV2) p = skipArray(r, p, 'ContractEvent', skipContractEvent);
  }
  return p;
}

function skipOptional(r: XdrReader, p: number, type: string, skip: (r: XdrReader, p: number) => number): number {
  return readFlag(r, p, type) ? skip(r, p + 4) : p + 4;
}

/** Passes an array whose elements take at least 4 bytes each. */
export function skipArray(r: XdrReader, p: number, type: string, skip: (r: XdrReader, p: number) => number): number {
  const count = arrayCount(r, p, type, 4);
  p += 4;
  for (let i = 0; i < count; i += 1) p = skip(r, p);
  return p;
}
