/** Transactions in every envelope that a transaction set can hold, with the hashes that the network gives them. */
import { hash, xdr } from '@stellar/stellar-base';
import { id } from './contract-entries.js';

export type EnvelopeKind = 'tx' | 'txV0' | 'feeBump';

export interface SignedTransaction {
  readonly envelope: xdr.TransactionEnvelope;
  readonly hash: Buffer;
  /** The same as `hash` unless the transaction is a fee bump. */
  readonly innerHash: Buffer;
}

/** A transaction that differs from those of other `i`. */
export function signedTransaction(kind: EnvelopeKind, i: number, passphrase: string): SignedTransaction {
  const networkId = hash(Buffer.from(passphrase));
  const { envelope, payloads } = envelopeOf(kind, i);
  const [outer, inner = outer] = payloads.map((taggedTransaction) =>
    hash(new xdr.TransactionSignaturePayload({ networkId, taggedTransaction }).toXDR()),
  );
  return { envelope, hash: outer!, innerHash: inner! };
}

interface Envelope {
  readonly envelope: xdr.TransactionEnvelope;
  /** What is hashed: the transaction, and of a fee bump the inner one too. */
  readonly payloads: readonly xdr.TransactionSignaturePayloadTaggedTransaction[];
}

function envelopeOf(kind: EnvelopeKind, i: number): Envelope {
  const operation = new xdr.Operation({ sourceAccount: null, body: xdr.OperationBody.inflation() });
  const timeBounds = new xdr.TimeBounds({
    minTime: new xdr.Uint64(0),
    maxTime: new xdr.Uint64(2 ** 40 + i),
  });
  const tx = new xdr.Transaction({
    sourceAccount: xdr.MuxedAccount.keyTypeEd25519(id(900)),
    fee: 100,
    seqNum: new xdr.Int64(1000 + i),
    cond: xdr.Preconditions.precondTime(timeBounds),
    memo: xdr.Memo.memoText('a memo'),
    operations: [operation],
    ext: new xdr.TransactionExt(0),
  });
  const tagged = xdr.TransactionSignaturePayloadTaggedTransaction.envelopeTypeTx(tx);
  const signatures = [new xdr.DecoratedSignature({ hint: Buffer.alloc(4), signature: Buffer.alloc(64, i) })];
  const v1 = new xdr.TransactionV1Envelope({ tx, signatures });
  switch (kind) {
    case 'tx':
      return { envelope: xdr.TransactionEnvelope.envelopeTypeTx(v1), payloads: [tagged] };
    case 'txV0': {
      const v0 = new xdr.TransactionV0({
        sourceAccountEd25519: id(900),
        fee: tx.fee(),
        seqNum: tx.seqNum(),
        timeBounds,
        memo: tx.memo(),
        operations: tx.operations(),
        ext: new xdr.TransactionV0Ext(0),
      });
      const envelope = new xdr.TransactionV0Envelope({ tx: v0, signatures });
      return { envelope: xdr.TransactionEnvelope.envelopeTypeTxV0(envelope), payloads: [tagged] };
    }
    case 'feeBump': {
      const feeBump = new xdr.FeeBumpTransaction({
        feeSource: xdr.MuxedAccount.keyTypeEd25519(id(901)),
        fee: new xdr.Int64(500),
        innerTx: xdr.FeeBumpTransactionInnerTx.envelopeTypeTx(v1),
        ext: new xdr.FeeBumpTransactionExt(0),
      });
      const envelope = new xdr.FeeBumpTransactionEnvelope({ tx: feeBump, signatures });
      const outer = xdr.TransactionSignaturePayloadTaggedTransaction.envelopeTypeTxFeeBump(feeBump);
      return { envelope: xdr.TransactionEnvelope.envelopeTypeTxFeeBump(envelope), payloads: [outer, tagged] };
    }
  }
}
