/** The rows of the ttl table, worked out from the objects that stellar-base decodes. */
import { xdr } from '@stellar/stellar-base';
import { decodeLedger, keyOf, ledgerKeyOf } from '../simulate/decoded-ledger.js';
import type { OracleRow } from '../support/row-oracle.js';
import { ledgerBytes } from './simulated-source.js';

interface Place {
  readonly transactionHash: string | null;
  readonly transactionIndex: number | null;
  readonly operationIndex: number | null;
}

const KINDS = ['created', 'updated', 'removed', 'state', 'restored'] as const;
const OUTSIDE: Place = { transactionHash: null, transactionIndex: null, operationIndex: null };

/** Of the generator's ledgers, whose transactions have one list before the operations and one behind them. */
export function expectedTtlRows(first: number, last: number): OracleRow[] {
  const sequences = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return sequences.flatMap(ledgerRows);
}

function ledgerRows(sequence: number): OracleRow[] {
  const ledger = decodeLedger(ledgerBytes(sequence));
  const closeTime = Number(ledger.header.header().scpValue().closeTime().toString());
  const closedAt = new Date(closeTime * 1000).toISOString().replace('.000Z', 'Z');
  const rows: OracleRow[] = [];
  const add = (kind: string, keyHash: Buffer, entry: xdr.LedgerEntry | undefined, place: Place): void => {
    rows.push({
      key_hash: keyHash.toString('hex'),
      live_until_ledger_seq: entry?.data().ttl().liveUntilLedgerSeq() ?? null,
      change_type: kind,
      deleted: kind === 'removed' || kind === 'evicted',
      ledger_sequence: sequence,
      closed_at: closedAt,
      last_modified_ledger: entry?.lastModifiedLedgerSeq() ?? sequence,
      transaction_hash: place.transactionHash,
      transaction_index: place.transactionIndex,
      operation_index: place.operationIndex,
      change_index: rows.length,
    });
  };

  ledger.transactions.forEach((transaction, index) => {
    const { metaChanges } = transaction;
    metaChanges.forEach((list, at) => {
      const isOperation = at > 0 && at < metaChanges.length - 1;
      const place: Place = {
        transactionHash: transaction.hash.toString('hex'),
        transactionIndex: index + 1,
        operationIndex: isOperation ? at - 1 : null,
      };
      for (const { kind, keyHash, entry } of ttlChanges(list)) add(kind, keyHash, entry, place);
    });
  });
  const evicted = ledger.evictedKeys.filter(isTtl).map((key) => key.ttl().keyHash());
  for (const keyHash of evicted.sort((a, b) => Buffer.compare(a, b))) add('evicted', keyHash, undefined, OUTSIDE);
  return rows;
}

function ttlChanges(list: readonly xdr.LedgerEntryChange[]): {
  kind: string;
  keyHash: Buffer;
  entry: xdr.LedgerEntry | undefined;
}[] {
  const changes = list
    .map((change) => ({ kind: KINDS[change.switch().value], key: keyOf(change), change }))
    .filter(({ key }) => isTtl(key));
  return changes
    .filter(({ kind }) => kind !== 'state')
    .map(({ kind, key, change }, i) => ({
      i,
      kind,
      keyHash: key.ttl().keyHash(),
      entry: kind === 'removed' ? preImage(changes, key) : (change.value() as xdr.LedgerEntry),
    }))
    .sort((a, b) => Buffer.compare(a.keyHash, b.keyHash) || a.i - b.i);
}

function preImage(changes: readonly { kind: string; change: xdr.LedgerEntryChange }[], key: xdr.LedgerKey) {
  const before = changes.findLast(({ kind, change }) => {
    if (kind !== 'state' && kind !== 'restored') return false;
    return ledgerKeyOf(change.value() as xdr.LedgerEntry)
      .ttl()
      .keyHash()
      .equals(key.ttl().keyHash());
  });
  return before?.change.value() as xdr.LedgerEntry | undefined;
}

function isTtl(key: xdr.LedgerKey): boolean {
  return key.switch() === xdr.LedgerEntryType.ttl();
}
