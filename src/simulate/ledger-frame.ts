/** What surrounds a ledger's transactions in its LedgerCloseMeta: V1 with transactions in V3 form, V2 with V4. */
import { xdr } from '@stellar/stellar-base';
import type { Bank } from './bank.js';
import { closeTime } from './close-time.js';
import { accountId, FieldLayout, opaque, uint32, uint64 } from './field.js';
import * as domains from './random-domains.js';
import { Template } from './template.js';
import type { MetaForm } from './transaction-meta.js';
import { uint32Bytes } from './uint32-bytes.js';

const layout = new FieldLayout();

const LEDGER = {
  sequence: layout.field(1),
  closeTime: layout.field(2),
  hash: layout.field(8),
  previousHash: layout.field(8),
  transactionSetHash: layout.field(8),
  resultHash: layout.field(8),
  bucketListHash: layout.field(8),
  node: layout.field(8),
  signature: layout.field(16),
} as const;

/** Size of the bank that holds a ledger's own fields. */
export const LEDGER_WORDS = layout.words;

/** Fills in a ledger's own fields. The previous ledger's hash is asked for by its sequence, so that hashes chain. */
export function fillLedger(bank: Bank, sequence: number): void {
  bank.putUint32(LEDGER.sequence, sequence);
  bank.putUint64(LEDGER.closeTime, closeTime(sequence));
  bank.putRandom(LEDGER.hash, domains.LEDGER_HASH, sequence, 0);
  bank.putRandom(LEDGER.previousHash, domains.LEDGER_HASH, sequence - 1, 0);
  bank.putRandom(LEDGER.transactionSetHash, domains.TRANSACTION_SET_HASH, sequence, 0);
  bank.putRandom(LEDGER.resultHash, domains.LEDGER_RESULT_HASH, sequence, 0);
  bank.putRandom(LEDGER.bucketListHash, domains.LEDGER_BUCKET_HASH, sequence, 0);
  bank.putRandom(LEDGER.node, domains.LEDGER_SIGNATURE, 0, 0);
  bank.putRandom(LEDGER.signature, domains.LEDGER_SIGNATURE, sequence, 1);
}

/** All before the phases of the transaction set: meta version, extension, header, set version, previous hash. */
export function frameHead(form: MetaForm, protocol: number): Template {
  const version = form === 'V3' ? 1 : 2;
  const extension = new xdr.LedgerCloseMetaExt(
    1,
    new xdr.LedgerCloseMetaExtV1({ ext: new xdr.ExtensionPoint(0), sorobanFeeWrite1Kb: new xdr.Int64(3500) }),
  );
  const parts = [
    uint32Bytes(version),
    extension.toXDR(),
    header(protocol).toXDR(),
    uint32Bytes(1),
    opaque(LEDGER.previousHash),
  ];
  return new Template(Buffer.concat(parts), LEDGER_WORDS);
}

/** All between the transactions and the evicted keys: no upgrades, no SCP messages, the size of the live state. */
export function frameMiddle(): Template {
  return new Template(uint32Bytes(0, 0, 0, 900_000_000), LEDGER_WORDS);
}

/** All behind the evicted keys: V1 has a field there that was never used. */
export function frameTail(form: MetaForm): Template {
  return new Template(form === 'V3' ? uint32Bytes(0) : uint32Bytes(), LEDGER_WORDS);
}

function header(protocol: number): xdr.LedgerHeaderHistoryEntry {
  return new xdr.LedgerHeaderHistoryEntry({
    hash: opaque(LEDGER.hash),
    header: new xdr.LedgerHeader({
      ledgerVersion: protocol,
      previousLedgerHash: opaque(LEDGER.previousHash),
      scpValue: new xdr.StellarValue({
        txSetHash: opaque(LEDGER.transactionSetHash),
        closeTime: uint64(LEDGER.closeTime),
        upgrades: [],
        ext: xdr.StellarValueExt.stellarValueSigned(
          new xdr.LedgerCloseValueSignature({ nodeId: accountId(LEDGER.node), signature: opaque(LEDGER.signature) }),
        ),
      }),
      txSetResultHash: opaque(LEDGER.resultHash),
      bucketListHash: opaque(LEDGER.bucketListHash),
      ledgerSeq: uint32(LEDGER.sequence),
      totalCoins: new xdr.Int64('1054439020873472865'),
      feePool: new xdr.Int64('59712735842841'),
      inflationSeq: 0,
      idPool: new xdr.Uint64(0),
      baseFee: 100,
      baseReserve: 5_000_000,
      maxTxSetSize: 1000,
      skipList: Array.from({ length: 4 }, () => Buffer.alloc(32)),
      ext: new xdr.LedgerHeaderExt(0),
    }),
    ext: new xdr.LedgerHeaderHistoryEntryExt(0),
  });
}
