/**
 * What a scene's transaction did: its result and its changes, as TransactionResultMeta with TransactionMeta V3
 * (protocols 20 to 22) or TransactionResultMetaV1 with TransactionMeta V4 (from protocol 23 on).
 */
import { xdr } from '@stellar/stellar-base';
import { refundChanges, sequenceChanges } from './classic-entries.js';
import { bid, SOROBAN_FEE, SOROBAN_REFUND } from './envelope.js';
import { i128, symbol } from './entry-shapes.js';
import { accountAddress, contractAddress, type Field, opaque } from './field.js';
import { ROWS, TRANSACTION } from './transaction-fields.js';
import type { Operation } from './workload.js';

const T = TRANSACTION;
const NO_EXTENSION = new xdr.ExtensionPoint(0);

/** Which of the two forms is written. */
export type MetaForm = 'V3' | 'V4';

/** A transaction as its meta tells it. */
export interface Outcome {
  readonly operation: Operation;
  readonly soroban: boolean;
  readonly failed: boolean;
  readonly feeBump: boolean;
  readonly feeChanges: xdr.LedgerEntryChange[];
  readonly operationChanges: xdr.LedgerEntryChange[];
}

/** The element of `txProcessing` for a transaction. */
export function resultMeta(form: MetaForm, outcome: Outcome): xdr.TransactionResultMeta | xdr.TransactionResultMetaV1 {
  const refund = outcome.soroban ? refundChanges(outcome.feeBump) : [];
  const common = {
    result: new xdr.TransactionResultPair({ transactionHash: opaque(T.hash), result: result(outcome) }),
    feeProcessing: outcome.feeChanges,
  };
  if (form === 'V3') {
    return new xdr.TransactionResultMeta({
      ...common,
      txApplyProcessing: new xdr.TransactionMeta(3, metaV3(outcome, refund)),
    });
  }
  return new xdr.TransactionResultMetaV1({
    ...common,
    ext: NO_EXTENSION,
    txApplyProcessing: new xdr.TransactionMeta(4, metaV4(outcome)),
    postTxApplyFeeProcessing: refund,
  });
}

function metaV3(outcome: Outcome, refund: xdr.LedgerEntryChange[]): xdr.TransactionMetaV3 {
  return new xdr.TransactionMetaV3({
    ext: NO_EXTENSION,
    txChangesBefore: changesBefore(outcome),
    operations: outcome.failed ? [] : [new xdr.OperationMeta({ changes: outcome.operationChanges })],
    txChangesAfter: refund,
    sorobanMeta: outcome.soroban
      ? new xdr.SorobanTransactionMeta({
          ext: feesExtension(),
          events: outcome.failed ? [] : callEvents(outcome),
          returnValue: xdr.ScVal.scvVoid(),
          diagnosticEvents: [],
        })
      : null,
  });
}

function metaV4(outcome: Outcome): xdr.TransactionMetaV4 {
  return new xdr.TransactionMetaV4({
    ext: NO_EXTENSION,
    txChangesBefore: changesBefore(outcome),
    operations: outcome.failed
      ? []
      : [
          new xdr.OperationMetaV2({
            ext: NO_EXTENSION,
            changes: outcome.operationChanges,
            events: callEvents(outcome),
          }),
        ],
    txChangesAfter: [],
    sorobanMeta: outcome.soroban
      ? new xdr.SorobanTransactionMetaV2({
          ext: feesExtension(),
          returnValue: outcome.failed ? null : xdr.ScVal.scvVoid(),
        })
      : null,
    events: [
      new xdr.TransactionEvent({
        stage: xdr.TransactionEventStage.transactionEventStageBeforeAllTxes(),
        event: feeEvent(bid(outcome)),
      }),
    ],
    diagnosticEvents: [],
  });
}

function changesBefore(outcome: Outcome): xdr.LedgerEntryChange[] {
  // The fee was taken from the source's own entry before, unless a fee bump spared it.
  return sequenceChanges(outcome.feeBump ? T.previousLedger : T.ledger);
}

function feesExtension(): xdr.SorobanTransactionMetaExt {
  return new xdr.SorobanTransactionMetaExt(
    1,
    new xdr.SorobanTransactionMetaExtV1({
      ext: NO_EXTENSION,
      totalNonRefundableResourceFeeCharged: new xdr.Int64(60_000),
      totalRefundableResourceFeeCharged: new xdr.Int64(SOROBAN_FEE - SOROBAN_REFUND - 60_000),
      rentFeeCharged: new xdr.Int64(9_000),
    }),
  );
}

/** The fee as an event (CAP-67). */
function feeEvent(fee: number): xdr.ContractEvent {
  return contractEvent(
    T.nativeContract,
    [symbol('fee'), xdr.ScVal.scvAddress(accountAddress(T.payer))],
    xdr.ScVal.scvI128(new xdr.Int128Parts({ hi: new xdr.Int64(0), lo: new xdr.Uint64(fee) })),
  );
}

/** Events of a call: the called contract's own, and the transfers it made (SEP-41, with the SAC's fourth topic). */
function callEvents(outcome: Outcome): xdr.ContractEvent[] {
  if (outcome.operation !== 'invoke') return [];
  const amount = i128(ROWS[0]!.new.amount);
  const source = xdr.ScVal.scvAddress(accountAddress(T.source));
  const called = xdr.ScVal.scvAddress(contractAddress(T.contract));
  const native = xdr.ScVal.scvString('native');
  return [
    contractEvent(T.nativeContract, [symbol('transfer'), source, called, native], amount),
    contractEvent(T.contract, [symbol('submit'), source, xdr.ScVal.scvBytes(opaque(T.code))], amount),
    contractEvent(T.nativeContract, [symbol('transfer'), called, source, native], amount),
  ];
}

function contractEvent(contract: Field, topics: xdr.ScVal[], data: xdr.ScVal): xdr.ContractEvent {
  return new xdr.ContractEvent({
    ext: NO_EXTENSION,
    contractId: contractAddress(contract).contractId(),
    type: xdr.ContractEventType.contract(),
    body: new xdr.ContractEventBody(0, new xdr.ContractEventV0({ topics, data })),
  });
}

function result(outcome: Outcome): xdr.TransactionResult {
  const feeCharged = new xdr.Int64(bid(outcome) - (outcome.soroban ? SOROBAN_REFUND : 0));
  const operations = [xdr.OperationResult.opInner(operationResult(outcome))];
  const ext = new xdr.TransactionResultExt(0);
  if (!outcome.feeBump) {
    const code = outcome.failed ? 'txFailed' : 'txSuccess';
    return new xdr.TransactionResult({ feeCharged, result: xdr.TransactionResultResult[code](operations), ext });
  }
  const inner = new xdr.InnerTransactionResultPair({
    transactionHash: opaque(T.innerHash),
    result: new xdr.InnerTransactionResult({
      feeCharged: new xdr.Int64(0),
      result: xdr.InnerTransactionResultResult[outcome.failed ? 'txFailed' : 'txSuccess'](operations),
      ext: new xdr.InnerTransactionResultExt(0),
    }),
  });
  const code = outcome.failed ? 'txFeeBumpInnerFailed' : 'txFeeBumpInnerSuccess';
  return new xdr.TransactionResult({ feeCharged, result: xdr.TransactionResultResult[code](inner), ext });
}

function operationResult({ operation, failed }: Outcome): xdr.OperationResultTr {
  switch (operation) {
    case 'payment':
    case 'creditPayment':
      return xdr.OperationResultTr.payment(
        failed ? xdr.PaymentResult.paymentUnderfunded() : xdr.PaymentResult.paymentSuccess(),
      );
    case 'extend':
      return xdr.OperationResultTr.extendFootprintTtl(xdr.ExtendFootprintTtlResult.extendFootprintTtlSuccess());
    case 'restore':
      return xdr.OperationResultTr.restoreFootprint(xdr.RestoreFootprintResult.restoreFootprintSuccess());
    case 'invoke':
      return xdr.OperationResultTr.invokeHostFunction(
        failed
          ? xdr.InvokeHostFunctionResult.invokeHostFunctionTrapped()
          : xdr.InvokeHostFunctionResult.invokeHostFunctionSuccess(opaque(T.returnHash)),
      );
  }
}
