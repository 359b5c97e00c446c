/**
 * Whole ledgers from a terse description, built by stellar-base: LedgerCloseMeta V0 to V2 with TransactionMeta V0 to V4.
 * Transaction hashes are real, so that a ledger belongs to its network.
 */
import { xdr } from '@stellar/stellar-base';
import { id, TEST_PASSPHRASE } from './contract-entries.js';
import { signedTransaction, type EnvelopeKind, type SignedTransaction } from './transaction-envelopes.js';

export type Changes = readonly xdr.LedgerEntryChange[];

export interface TransactionSpec {
  /** TransactionMeta version; by default the one that core writes into such a LedgerCloseMeta: 2, 3 and 4. */
  readonly meta?: 0 | 1 | 2 | 3 | 4;
  readonly envelope?: EnvelopeKind;
  /** Result code, of a fee bump that of its inner transaction. */
  readonly result?: 'txSuccess' | 'txFailed' | 'txInternalError';
  /** Changes by the fee, before all transactions apply. */
  readonly fee?: Changes;
  readonly before?: Changes;
  readonly operations?: readonly Changes[];
  readonly after?: Changes;
  /** Changes by a fee refund, after all transactions applied: LedgerCloseMeta V2 only. */
  readonly postFee?: Changes;
}

export interface LedgerSpec {
  readonly version?: 0 | 1 | 2;
  readonly sequence?: number;
  /** By default the first that wrote such a LedgerCloseMeta: 19, 20 and 23. */
  readonly protocol?: number;
  /** Unix seconds. */
  readonly closeTime?: bigint;
  readonly passphrase?: string;
  /** In apply order; the transaction set holds them the other way round. */
  readonly transactions?: readonly TransactionSpec[];
  /** Puts the transactions into a parallel phase instead of a sequential one. */
  readonly parallel?: boolean;
  readonly upgrades?: readonly Changes[];
  readonly evictedKeys?: readonly xdr.LedgerKey[];
  /** The field named `unused` of LedgerCloseMeta V1. */
  readonly evictedEntries?: readonly xdr.LedgerEntry[];
}

/** A ledger with one transaction of one operation. */
export function ledgerOf(...changes: xdr.LedgerEntryChange[]): Buffer {
  return buildLedger({ transactions: [{ operations: [changes] }] });
}

export function buildLedger(spec: LedgerSpec = {}): Buffer {
  return ledgerCloseMeta(spec).toXDR();
}

/** Replaces the XDR of one value, which must stand in `bytes`, by other bytes: arms that stellar-base cannot build. */
export function patched(bytes: Buffer, from: Buffer, to: Buffer): Buffer {
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, start)) {
    parts.push(bytes.subarray(start, at), to);
    start = at + from.length;
  }
  if (parts.length === 0) throw new Error('nothing to patch');
  return Buffer.concat([...parts, bytes.subarray(start)]);
}

/** Hash of the transaction at 1-based `index`, as results and rows name it. */
export function transactionHash(spec: LedgerSpec, index: number): string {
  return built(spec)[index - 1]!.hash.toString('hex');
}

/** Hash of the inner transaction of the fee bump at 1-based `index`. */
export function innerTransactionHash(spec: LedgerSpec, index: number): string {
  return built(spec)[index - 1]!.innerHash.toString('hex');
}

type Built = SignedTransaction & { readonly spec: TransactionSpec };

function built({ passphrase = TEST_PASSPHRASE, transactions = [] }: LedgerSpec): Built[] {
  return transactions.map((spec, i) => ({ ...signedTransaction(spec.envelope ?? 'tx', i, passphrase), spec }));
}

function ledgerCloseMeta(spec: LedgerSpec): xdr.LedgerCloseMeta {
  const version = spec.version ?? 2;
  const transactions = built(spec);
  const envelopes = transactions.map(({ envelope }) => envelope).reverse();
  const upgradesProcessing = (spec.upgrades ?? []).map(
    (changes) =>
      new xdr.UpgradeEntryMeta({ upgrade: xdr.LedgerUpgrade.ledgerUpgradeVersion(23), changes: [...changes] }),
  );
  const shared = { ledgerHeader: ledgerHeader(spec, version), upgradesProcessing, scpInfo: [] };
  if (version === 0) {
    const txSet = new xdr.TransactionSet({ previousLedgerHash: id(902), txes: envelopes });
    const txProcessing = transactions.map((transaction) => resultMeta(transaction, 2));
    return new xdr.LedgerCloseMeta(0, new xdr.LedgerCloseMetaV0({ ...shared, txSet, txProcessing }));
  }

  const generalized = {
    ...shared,
    ext: new xdr.LedgerCloseMetaExt(
      1,
      new xdr.LedgerCloseMetaExtV1({
        ext: new xdr.ExtensionPoint(0),
        sorobanFeeWrite1Kb: new xdr.Int64(5000),
      }),
    ),
    txSet: new xdr.GeneralizedTransactionSet(
      1,
      new xdr.TransactionSetV1({ previousLedgerHash: id(902), phases: phases(envelopes, spec.parallel === true) }),
    ),
    totalByteSizeOfLiveSorobanState: new xdr.Uint64(12345),
    evictedKeys: [...(spec.evictedKeys ?? [])],
  };
  if (version === 1) {
    const txProcessing = transactions.map((transaction) => resultMeta(transaction, 3));
    const unused = [...(spec.evictedEntries ?? [])];
    return new xdr.LedgerCloseMeta(1, new xdr.LedgerCloseMetaV1({ ...generalized, txProcessing, unused }));
  }
  const txProcessing = transactions.map(resultMetaV1);
  return new xdr.LedgerCloseMeta(2, new xdr.LedgerCloseMetaV2({ ...generalized, txProcessing }));
}

/** Empty groups come first, so that the first envelope has to be looked for. */
function phases(envelopes: xdr.TransactionEnvelope[], isParallel: boolean): xdr.TransactionPhase[] {
  const component = (txes: xdr.TransactionEnvelope[]): xdr.TxSetComponent =>
    xdr.TxSetComponent.txsetCompTxsMaybeDiscountedFee(
      new xdr.TxSetComponentTxsMaybeDiscountedFee({ baseFee: new xdr.Int64(100), txes }),
    );
  if (!isParallel)
    return [new xdr.TransactionPhase(0, []), new xdr.TransactionPhase(0, [component([]), component(envelopes)])];
  const executionStages = [[], [[]], [[], ...envelopes.map((envelope) => [envelope])]];
  const parallel = new xdr.ParallelTxsComponent({ baseFee: null, executionStages });
  return [new xdr.TransactionPhase(0, [component([])]), new xdr.TransactionPhase(1, parallel)];
}

function ledgerHeader(spec: LedgerSpec, version: 0 | 1 | 2): xdr.LedgerHeaderHistoryEntry {
  const zero = new xdr.Uint64(0);
  const header = new xdr.LedgerHeader({
    ledgerVersion: spec.protocol ?? [19, 20, 23][version]!,
    previousLedgerHash: id(903),
    scpValue: new xdr.StellarValue({
      txSetHash: id(904),
      closeTime: new xdr.Uint64(spec.closeTime ?? 1_700_000_000n),
      // An odd length, so that padding lies before the sequence.
      upgrades: [Buffer.from([1, 2, 3, 4, 5])],
      ext: xdr.StellarValueExt.stellarValueBasic(),
    }),
    txSetResultHash: id(905),
    bucketListHash: id(906),
    ledgerSeq: spec.sequence ?? 1000,
    totalCoins: new xdr.Int64(1000),
    feePool: new xdr.Int64(0),
    inflationSeq: 0,
    idPool: zero,
    baseFee: 100,
    baseReserve: 5_000_000,
    maxTxSetSize: 100,
    skipList: [id(907), id(907), id(907), id(907)],
    ext: new xdr.LedgerHeaderExt(0),
  });
  return new xdr.LedgerHeaderHistoryEntry({ hash: id(908), header, ext: new xdr.LedgerHeaderHistoryEntryExt(0) });
}

function resultMeta(transaction: Built, meta: 2 | 3): xdr.TransactionResultMeta {
  const { spec } = transaction;
  if (spec.postFee !== undefined) throw new Error('post-apply fee changes need LedgerCloseMeta V2');
  return new xdr.TransactionResultMeta({
    result: resultPair(transaction),
    feeProcessing: [...(spec.fee ?? [])],
    txApplyProcessing: transactionMeta(spec, spec.meta ?? meta),
  });
}

function resultMetaV1(transaction: Built): xdr.TransactionResultMetaV1 {
  const { spec } = transaction;
  return new xdr.TransactionResultMetaV1({
    ext: new xdr.ExtensionPoint(0),
    result: resultPair(transaction),
    feeProcessing: [...(spec.fee ?? [])],
    txApplyProcessing: transactionMeta(spec, spec.meta ?? 4),
    postTxApplyFeeProcessing: [...(spec.postFee ?? [])],
  });
}

function resultPair({ spec, hash: transactionHash, innerHash }: Built): xdr.TransactionResultPair {
  const code = spec.result ?? 'txSuccess';
  const feeCharged = new xdr.Int64(100);
  const result = (): xdr.TransactionResultResult => {
    if (spec.envelope !== 'feeBump') {
      return code === 'txInternalError'
        ? xdr.TransactionResultResult.txInternalError()
        : xdr.TransactionResultResult[code]([]);
    }
    const inner = new xdr.InnerTransactionResultPair({
      transactionHash: innerHash,
      result: new xdr.InnerTransactionResult({
        feeCharged,
        result:
          code === 'txInternalError'
            ? xdr.InnerTransactionResultResult.txInternalError()
            : xdr.InnerTransactionResultResult[code]([]),
        ext: new xdr.InnerTransactionResultExt(0),
      }),
    });
    return code === 'txSuccess'
      ? xdr.TransactionResultResult.txFeeBumpInnerSuccess(inner)
      : xdr.TransactionResultResult.txFeeBumpInnerFailed(inner);
  };
  return new xdr.TransactionResultPair({
    transactionHash,
    result: new xdr.TransactionResult({ feeCharged, result: result(), ext: new xdr.TransactionResultExt(0) }),
  });
}

function transactionMeta(spec: TransactionSpec, version: 0 | 1 | 2 | 3 | 4): xdr.TransactionMeta {
  const before = [...(spec.before ?? [])];
  const after = [...(spec.after ?? [])];
  if (after.length > 0 && version < 2) throw new Error(`TransactionMeta V${version} has no changes after`);
  const operations = (spec.operations ?? []).map((changes) => new xdr.OperationMeta({ changes: [...changes] }));
  const ext = new xdr.ExtensionPoint(0);
  const around = { txChangesBefore: before, txChangesAfter: after };
  switch (version) {
    case 0:
      if (before.length > 0) throw new Error('TransactionMeta V0 has no changes before');
      return new xdr.TransactionMeta(0, operations);
    case 1:
      return new xdr.TransactionMeta(1, new xdr.TransactionMetaV1({ txChanges: before, operations }));
    case 2:
      return new xdr.TransactionMeta(2, new xdr.TransactionMetaV2({ ...around, operations }));
    case 3: {
      const sorobanMeta = new xdr.SorobanTransactionMeta({
        ext: new xdr.SorobanTransactionMetaExt(0),
        events: [],
        returnValue: xdr.ScVal.scvVoid(),
        diagnosticEvents: [],
      });
      return new xdr.TransactionMeta(3, new xdr.TransactionMetaV3({ ext, ...around, operations, sorobanMeta }));
    }
    case 4: {
      const operationsV2 = operations.map(
        (operation) => new xdr.OperationMetaV2({ ext, changes: operation.changes(), events: [] }),
      );
      const sorobanMeta = new xdr.SorobanTransactionMetaV2({
        ext: new xdr.SorobanTransactionMetaExt(0),
        returnValue: null,
      });
      const events = { events: [], diagnosticEvents: [] };
      const v4 = { ext, ...around, operations: operationsV2, sorobanMeta, ...events };
      return new xdr.TransactionMeta(4, new xdr.TransactionMetaV4(v4));
    }
  }
}
