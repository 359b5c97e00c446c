/** A ledger as stellar-base decodes it, in one form for LedgerCloseMeta V1 and V2. */
import { xdr } from '@stellar/stellar-base';

export interface DecodedTransaction {
  readonly hash: Buffer;
  readonly result: xdr.TransactionResultResult;
  /** Lists of changes, in the order they apply, with the fee first and refunds last. */
  readonly feeChanges: readonly xdr.LedgerEntryChange[][];
  readonly metaChanges: readonly xdr.LedgerEntryChange[][];
  readonly refundChanges: readonly xdr.LedgerEntryChange[][];
}

export interface DecodedLedger {
  readonly meta: xdr.LedgerCloseMeta;
  readonly sequence: number;
  readonly header: xdr.LedgerHeaderHistoryEntry;
  readonly phases: readonly xdr.TransactionPhase[];
  readonly envelopes: readonly xdr.TransactionEnvelope[];
  readonly transactions: readonly DecodedTransaction[];
  readonly evictedKeys: readonly xdr.LedgerKey[];
}

export function decodeLedger(bytes: Uint8Array): DecodedLedger {
  const meta = xdr.LedgerCloseMeta.fromXDR(Buffer.from(bytes));
  const value = meta.value();
  if (value instanceof xdr.LedgerCloseMetaV0) throw new Error('V0 is not generated');
  const phases = value.txSet().v1TxSet().phases();
  return {
    meta,
    sequence: value.ledgerHeader().header().ledgerSeq(),
    header: value.ledgerHeader(),
    phases,
    envelopes: phases.flatMap(envelopesOf),
    transactions: value.txProcessing().map(decodeTransaction),
    evictedKeys: value.evictedKeys(),
  };
}

function envelopesOf(phase: xdr.TransactionPhase): xdr.TransactionEnvelope[] {
  if (phase.switch() === 0) return phase.v0Components().flatMap((part) => part.txsMaybeDiscountedFee().txes());
  return phase.parallelTxsComponent().executionStages().flat(2);
}

function decodeTransaction(processed: xdr.TransactionResultMeta | xdr.TransactionResultMetaV1): DecodedTransaction {
  const meta = processed.txApplyProcessing().value();
  if (!(meta instanceof xdr.TransactionMetaV3 || meta instanceof xdr.TransactionMetaV4)) throw new Error('V3 or V4');
  const after = processed instanceof xdr.TransactionResultMetaV1 ? processed.postTxApplyFeeProcessing() : [];
  return {
    hash: processed.result().transactionHash(),
    result: processed.result().result().result(),
    feeChanges: [processed.feeProcessing()],
    metaChanges: [
      meta.txChangesBefore(),
      ...meta.operations().map((operation) => operation.changes()),
      meta.txChangesAfter(),
    ],
    refundChanges: [after],
  };
}

/** What a contract transaction declares; undefined for a classic one. */
export function sorobanDataOf(envelope: xdr.TransactionEnvelope): xdr.SorobanTransactionData | undefined {
  const signed = envelope.value();
  const transaction =
    signed instanceof xdr.FeeBumpTransactionEnvelope ? signed.tx().innerTx().value().tx() : signed.tx();
  if (!(transaction instanceof xdr.Transaction) || transaction.ext().switch() === 0) return undefined;
  return transaction.ext().sorobanData();
}

/** The LedgerKey of an entry. */
export function ledgerKeyOf(entry: xdr.LedgerEntry): xdr.LedgerKey {
  const data = entry.data().value();
  if (data instanceof xdr.ContractDataEntry) {
    return xdr.LedgerKey.contractData(
      new xdr.LedgerKeyContractData({ contract: data.contract(), key: data.key(), durability: data.durability() }),
    );
  }
  if (data instanceof xdr.TtlEntry) return xdr.LedgerKey.ttl(new xdr.LedgerKeyTtl({ keyHash: data.keyHash() }));
  if (data instanceof xdr.AccountEntry) {
    return xdr.LedgerKey.account(new xdr.LedgerKeyAccount({ accountId: data.accountId() }));
  }
  if (data instanceof xdr.TrustLineEntry) {
    return xdr.LedgerKey.trustline(new xdr.LedgerKeyTrustLine({ accountId: data.accountId(), asset: data.asset() }));
  }
  if (data instanceof xdr.ContractCodeEntry) {
    return xdr.LedgerKey.contractCode(new xdr.LedgerKeyContractCode({ hash: data.hash() }));
  }
  throw new Error(`entry of type ${entry.data().switch().name}`);
}

/** The entry of a change, or undefined for a removal. */
export function entryOf(change: xdr.LedgerEntryChange): xdr.LedgerEntry | undefined {
  const value = change.value();
  return value instanceof xdr.LedgerEntry ? value : undefined;
}

/** The key that a change is about. */
export function keyOf(change: xdr.LedgerEntryChange): xdr.LedgerKey {
  const value = change.value();
  return value instanceof xdr.LedgerEntry ? ledgerKeyOf(value) : value;
}

/** Whether a key is that of contract data that gives a row: a contract's, and not a nonce. */
export function isContractDataKey(key: xdr.LedgerKey): boolean {
  const value = key.value();
  return (
    value instanceof xdr.LedgerKeyContractData &&
    value.contract().switch().name === 'scAddressTypeContract' &&
    value.key().switch().name !== 'scvLedgerKeyNonce'
  );
}
