/**
 * What a scan of one ledger leaves behind: where in the ledger's bytes the contract-data and TTL changes are.
 *
 * Struct of arrays of byte offsets, reused from ledger to ledger, so that scanning makes no objects. Changes stand in
 * walk order and are grouped in lists, one per LedgerEntryChanges array (changes before, each operation, changes after)
 * plus one for the evicted keys. What stands at fixed distances is not stored:
 *
 *   LedgerEntry   lastModifiedLedgerSeq | type 6 | ext 0 | contract: 1, 32 bytes | key: SCVal | durability | val: SCVal
 *                 key-12                  key-8    key-4   key                     key+36       keyEnd-4     keyEnd
 *   LedgerKey                                    | type 6 | contract …           | key: SCVal | durability
 *   TTL entry     lastModifiedLedgerSeq | type 9 | keyHash: 32 bytes | liveUntilLedgerSeq
 *                 keyHash-8               keyHash-4 keyHash            keyHash+32
 */

import type { XdrReader } from './reader.js';

/** LedgerEntryChangeType as in the XDR, and our own value for an evicted key. */
export const CREATED = 0;
export const UPDATED = 1;
export const REMOVED = 2;
export const STATE = 3;
export const RESTORED = 4;
export const EVICTED = 5;

/** Bytes from a contract-data key's start (its contract address) to its SCVal: address type and contract id. */
export const CONTRACT_ADDRESS_BYTES = 36;

/** Hashes of keys and of ledgers. */
export const HASH_BYTES = 32;

const INITIAL_CAPACITY = 1024;

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/**
 * The changes of one table in one ledger. Index = position in walk order.
 * Two implementations: {@link ContractDataChanges} and {@link TtlChanges}.
 */
export interface TableChanges {
  readonly count: number;
  readonly kind: Int32Array;
  /** The list each change stands in: an index into {@link ChangeLists}. */
  readonly list: Int32Array;
  /** Whether the change carries the whole entry, not only its key. */
  hasEntry(change: number): boolean;
  /** Order of two changes' LedgerKeys as XDR bytes: negative, 0 for the same key, positive. */
  compareKeys(r: XdrReader, a: number, b: number): number;
  /** A string that is equal for equal LedgerKeys of the table, and only for these. */
  keyText(r: XdrReader, change: number): string;
}

/** Order of two runs of 4-byte aligned bytes (lengths in bytes, multiples of 4), as memcmp has it. */
function compareWords(view: DataView, a: number, aBytes: number, b: number, bBytes: number): number {
  const common = Math.min(aBytes, bBytes);
  for (let i = 0; i < common; i += 4) {
    const difference = view.getUint32(a + i) - view.getUint32(b + i);
    if (difference !== 0) return difference;
  }
  return aBytes - bBytes;
}

export class ContractDataChanges implements TableChanges {
  count = 0;
  kind = new Int32Array(INITIAL_CAPACITY);
  /** Start of the key: the contract's ScAddress. */
  key = new Int32Array(INITIAL_CAPACITY);
  /** Behind the key's durability; the value starts here when there is one. */
  keyEnd = new Int32Array(INITIAL_CAPACITY);
  /** Behind the value, or -1 where only the key is given (REMOVED, evicted keys). */
  valueEnd = new Int32Array(INITIAL_CAPACITY);
  list = new Int32Array(INITIAL_CAPACITY);

  hasEntry(change: number): boolean {
    return this.valueEnd[change]! >= 0;
  }

  compareKeys(r: XdrReader, a: number, b: number): number {
    const keyA = this.key[a]!;
    const keyB = this.key[b]!;
    return compareWords(r.view, keyA, this.keyEnd[a]! - keyA, keyB, this.keyEnd[b]! - keyB);
  }

  keyText(r: XdrReader, change: number): string {
    return r.bytes.toString('latin1', this.key[change], this.keyEnd[change]);
  }

  add(kind: number, key: number, keyEnd: number, valueEnd: number, list: number): void {
    const i = this.count;
    if (i === this.kind.length) {
      this.kind = grown(this.kind);
      this.key = grown(this.key);
      this.keyEnd = grown(this.keyEnd);
      this.valueEnd = grown(this.valueEnd);
      this.list = grown(this.list);
    }
    this.kind[i] = kind;
    this.key[i] = key;
    this.keyEnd[i] = keyEnd;
    this.valueEnd[i] = valueEnd;
    this.list[i] = list;
    this.count = i + 1;
  }
}

export class TtlChanges implements TableChanges {
  count = 0;
  kind = new Int32Array(INITIAL_CAPACITY);
  keyHash = new Int32Array(INITIAL_CAPACITY);
  /** Offset of liveUntilLedgerSeq, or -1 where only the key is given. */
  liveUntil = new Int32Array(INITIAL_CAPACITY);
  list = new Int32Array(INITIAL_CAPACITY);

  hasEntry(change: number): boolean {
    return this.liveUntil[change]! >= 0;
  }

  compareKeys(r: XdrReader, a: number, b: number): number {
    return compareWords(r.view, this.keyHash[a]!, HASH_BYTES, this.keyHash[b]!, HASH_BYTES);
  }

  keyText(r: XdrReader, change: number): string {
    const keyHash = this.keyHash[change]!;
    return r.bytes.toString('hex', keyHash, keyHash + HASH_BYTES);
  }

  add(kind: number, keyHash: number, liveUntil: number, list: number): void {
    const i = this.count;
    if (i === this.kind.length) {
      this.kind = grown(this.kind);
      this.keyHash = grown(this.keyHash);
      this.liveUntil = grown(this.liveUntil);
      this.list = grown(this.list);
    }
    this.kind[i] = kind;
    this.keyHash[i] = keyHash;
    this.liveUntil[i] = liveUntil;
    this.list[i] = list;
    this.count = i + 1;
  }
}

/** Which transaction and operation each list of changes belongs to. */
export class ChangeLists {
  count = 0;
  /** 0-based position of the transaction in apply order, or -1 for evictions. */
  transaction = new Int32Array(INITIAL_CAPACITY);
  /** 0-based operation index, or -1 outside operations. */
  operation = new Int32Array(INITIAL_CAPACITY);

  open(transaction: number, operation: number): number {
    const i = this.count;
    if (i === this.transaction.length) {
      this.transaction = grown(this.transaction);
      this.operation = grown(this.operation);
    }
    this.transaction[i] = transaction;
    this.operation[i] = operation;
    this.count = i + 1;
    return i;
  }
}

/** Offsets of the transactions' hashes. Index = 0-based position in apply order. */
export class TransactionHashes {
  count = 0;
  /** TransactionResultPair.transactionHash: the outer hash of a fee bump. */
  hash = new Int32Array(INITIAL_CAPACITY);
  /** InnerTransactionResultPair.transactionHash of a fee bump, or -1. */
  innerHash = new Int32Array(INITIAL_CAPACITY);

  add(hash: number, innerHash: number): void {
    const i = this.count;
    if (i === this.hash.length) {
      this.hash = grown(this.hash);
      this.innerHash = grown(this.innerHash);
    }
    this.hash[i] = hash;
    this.innerHash[i] = innerHash;
    this.count = i + 1;
  }
}

/** Things of a ledger that give no rows but are counted, so that a change of the protocol is noticed. */
export interface ScanCounts {
  /** Transactions whose meta is TransactionMeta V0: refused by the reference implementations, no rows. */
  transactionMetaV0: number;
  /** Contract-data changes in fee, post-apply fee and upgrade changes. */
  outsideTransactions: number;
  /** Nonce entries (key type 21) and entries whose address is not a contract. */
  notContractState: number;
}

/** Target of changes that are walked but give no rows: transactions without meta rows, and fee or upgrade changes. */
export const NO_ROWS = -1;
export const NO_ROWS_COUNTED = -2;

export class ChangeLog {
  readonly contractData = new ContractDataChanges();
  readonly ttl = new TtlChanges();
  readonly lists = new ChangeLists();
  readonly transactions = new TransactionHashes();
  readonly counts: ScanCounts = { transactionMetaV0: 0, outsideTransactions: 0, notContractState: 0 };

  // LedgerHeaderHistoryEntry
  /** Offset of its hash, of {@link HASH_BYTES}. */
  hash = 0;
  protocol = 0;
  sequence = 0;
  /** Unix seconds. */
  closeTime = 0;

  reset(): void {
    this.contractData.count = 0;
    this.ttl.count = 0;
    this.lists.count = 0;
    this.transactions.count = 0;
    this.counts.transactionMetaV0 = 0;
    this.counts.outsideTransactions = 0;
    this.counts.notContractState = 0;
    this.hash = 0;
    this.protocol = 0;
    this.sequence = 0;
    this.closeTime = 0;
  }
}
