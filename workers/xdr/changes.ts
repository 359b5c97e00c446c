/**
 * LedgerEntryChanges and evicted keys: the lists in which contract-data and TTL changes stand.
 *
 *   LedgerEntryChange   union: CREATED 0 | UPDATED 1 | STATE 3 | RESTORED 4: LedgerEntry;  REMOVED 2: LedgerKey
 *   LedgerEntry         lastModifiedLedgerSeq, data: union on LedgerEntryType, ext
 *   ContractDataEntry   ext (0), contract: ScAddress, key: SCVal, durability, val: SCVal        (LedgerEntryType 6)
 *   TtlEntry            keyHash, liveUntilLedgerSeq                                             (LedgerEntryType 9)
 */
import { CONTRACT_ADDRESS_BYTES, EVICTED, NO_ROWS_COUNTED, REMOVED, RESTORED, type ChangeLog } from './change-log.js';
import { arrayCount, truncated, unknownArm, type XdrReader } from './reader.js';
import { skipScVal } from './sc-val.js';
import { skipLedgerEntry, skipLedgerEntryExt, skipLedgerKey, skipScAddress } from './skip.generated.js';

const CONTRACT_DATA = 6;
const TTL = 9;
const SC_ADDRESS_CONTRACT = 1;
const SCV_LEDGER_KEY_NONCE = 21;

/** Smallest LedgerEntryChange: a REMOVED TTL key would be 40 bytes, but 8 is enough to bound a count. */
const MIN_CHANGE_BYTES = 8;
const MIN_LEDGER_KEY_BYTES = 8;

/**
 * Walks a LedgerEntryChanges array, logs its contract-data and TTL changes under `list`, and returns the offset behind
 * it. With `list` {@link NO_ROWS} nothing is logged, with {@link NO_ROWS_COUNTED} contract data is only counted.
 */
export function scanChanges(r: XdrReader, p: number, log: ChangeLog, list: number): number {
  const count = arrayCount(r, p, 'LedgerEntryChanges', MIN_CHANGE_BYTES);
  p += 4;
  for (let i = 0; i < count; i += 1) {
    if (p + 12 > r.end) truncated(r, 'LedgerEntryChange', p, 12);
    const kind = r.view.getInt32(p);
    if (kind === REMOVED) p = scanLedgerKey(r, p + 4, log, list, REMOVED);
    else if (kind >= 0 && kind <= RESTORED) p = scanLedgerEntry(r, p + 4, log, list, kind);
    else unknownArm('LedgerEntryChangeType', p, kind);
  }
  return p;
}

/** Walks an array of LedgerKey (`evictedKeys` of LedgerCloseMeta V1 and V2). */
export function scanEvictedKeys(r: XdrReader, p: number, log: ChangeLog, list: number): number {
  const count = arrayCount(r, p, 'LedgerCloseMeta.evictedKeys', MIN_LEDGER_KEY_BYTES);
  p += 4;
  for (let i = 0; i < count; i += 1) p = scanLedgerKey(r, p, log, list, EVICTED);
  return p;
}

/** Walks an array of LedgerEntry (the evicted persistent entries of LedgerCloseMeta V1, named `unused` by now). */
export function scanEvictedEntries(r: XdrReader, p: number, log: ChangeLog, list: number): number {
  const count = arrayCount(r, p, 'LedgerCloseMetaV1.unused', MIN_LEDGER_KEY_BYTES);
  p += 4;
  for (let i = 0; i < count; i += 1) p = scanLedgerEntry(r, p, log, list, EVICTED);
  return p;
}

function scanLedgerEntry(r: XdrReader, p: number, log: ChangeLog, list: number, kind: number): number {
  if (p + 8 > r.end) truncated(r, 'LedgerEntry', p, 8);
  const type = r.view.getInt32(p + 4);
  if (type === TTL) {
    const next = skipLedgerEntry(r, p);
    if (list >= 0) log.ttl.add(kind, p + 8, p + 40, list);
    return next;
  }
  if (type !== CONTRACT_DATA) return skipLedgerEntry(r, p);

  if (p + 16 > r.end) truncated(r, 'ContractDataEntry', p + 8, 8);
  const extension = r.view.getInt32(p + 8);
  if (extension !== 0) unknownArm('ExtensionPoint', p + 8, extension);
  const key = p + 12;
  const keyEnd = skipContractDataKey(r, key);
  const valueEnd = skipScVal(r, keyEnd);
  const next = skipLedgerEntryExt(r, valueEnd);
  logContractData(r, log, list, kind, key, keyEnd, valueEnd);
  return next;
}

function scanLedgerKey(r: XdrReader, p: number, log: ChangeLog, list: number, kind: number): number {
  if (p + 8 > r.end) truncated(r, 'LedgerKey', p, 8);
  const type = r.view.getInt32(p);
  if (type === CONTRACT_DATA) {
    const keyEnd = skipContractDataKey(r, p + 4);
    logContractData(r, log, list, kind, p + 4, keyEnd, -1);
    return keyEnd;
  }
  const next = skipLedgerKey(r, p);
  if (type === TTL && list >= 0) log.ttl.add(kind, p + 4, -1, list);
  return next;
}

/** Passes contract, key and durability, which stand alike in a LedgerKey and in a ContractDataEntry. */
function skipContractDataKey(r: XdrReader, p: number): number {
  const next = skipScVal(r, skipScAddress(r, p));
  if (next + 4 > r.end) truncated(r, 'ContractDataDurability', next, 4);
  const durability = r.view.getInt32(next);
  if (durability !== 0 && durability !== 1) unknownArm('ContractDataDurability', next, durability);
  return next + 4;
}

function logContractData(
  r: XdrReader,
  log: ChangeLog,
  list: number,
  kind: number,
  key: number,
  keyEnd: number,
  valueEnd: number,
): void {
  const isContractState =
    r.view.getInt32(key) === SC_ADDRESS_CONTRACT &&
    r.view.getInt32(key + CONTRACT_ADDRESS_BYTES) !== SCV_LEDGER_KEY_NONCE;
  if (!isContractState) log.counts.notContractState += 1;
  else if (list >= 0) log.contractData.add(kind, key, keyEnd, valueEnd, list);
  else if (list === NO_ROWS_COUNTED) log.counts.outsideTransactions += 1;
}
