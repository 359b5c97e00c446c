/** The envelope of a scene's transaction: what was signed and submitted. */
import { type Asset, xdr } from '@stellar/stellar-base';
import { accountAddress, accountId, contractAddress, type Field, int64, opaque, uint64 } from './field.js';
import { i128, symbol } from './entry-shapes.js';
import { ROWS, TRANSACTION } from './transaction-fields.js';
import type { Operation } from './workload.js';

const T = TRANSACTION;

/** Fees in stroops: what a transaction bids, and what a contract call gets back of it. */
export const CLASSIC_FEE = 100;
export const SOROBAN_FEE = 120_000;
export const SOROBAN_REFUND = 45_000;
/** What a payment moves, in stroops. */
export const PAYMENT_STROOPS = 1_250_000;

/** What a transaction bids in all, the fee bump's own share included. */
export function bid({ soroban, feeBump }: { soroban: boolean; feeBump: boolean }): number {
  return (soroban ? SOROBAN_FEE : CLASSIC_FEE) + (feeBump ? CLASSIC_FEE : 0);
}

/** A row as far as its transaction has to declare it. */
export interface DeclaredRow {
  readonly key: xdr.LedgerKey;
  readonly written: boolean;
  /** The nonce field, where the entry is one: the transaction then carries a signed authorization. */
  readonly nonce: Field | undefined;
}

/** The signed transaction, without a fee bump around it. */
export function transactionV1(
  operation: Operation,
  asset: Asset,
  rows: readonly DeclaredRow[],
): xdr.TransactionV1Envelope {
  const soroban = ['invoke', 'extend', 'restore'].includes(operation);
  return new xdr.TransactionV1Envelope({
    tx: new xdr.Transaction({
      sourceAccount: xdr.MuxedAccount.keyTypeEd25519(opaque(T.source)),
      fee: soroban ? SOROBAN_FEE : CLASSIC_FEE,
      seqNum: int64(T.sourceSequence),
      cond: xdr.Preconditions.precondTime(
        new xdr.TimeBounds({ minTime: new xdr.Uint64(0), maxTime: uint64(T.maxTime) }),
      ),
      memo: xdr.Memo.memoNone(),
      operations: [new xdr.Operation({ sourceAccount: null, body: operationBody(operation, asset, rows) })],
      ext: soroban ? new xdr.TransactionExt(1, sorobanData(operation, rows)) : new xdr.TransactionExt(0),
    }),
    signatures: [signature(T.source, T.signature)],
  });
}

/** A fee bump (CAP-15) around a signed transaction. */
export function feeBumpAround(inner: xdr.TransactionV1Envelope): xdr.FeeBumpTransactionEnvelope {
  return new xdr.FeeBumpTransactionEnvelope({
    tx: new xdr.FeeBumpTransaction({
      feeSource: xdr.MuxedAccount.keyTypeEd25519(opaque(T.payer)),
      fee: new xdr.Int64(bid({ soroban: true, feeBump: true })),
      innerTx: xdr.FeeBumpTransactionInnerTx.envelopeTypeTx(inner),
      ext: new xdr.FeeBumpTransactionExt(0),
    }),
    signatures: [signature(T.payer, T.payerSignature)],
  });
}

function signature(signer: Field, bytes: Field): xdr.DecoratedSignature {
  return new xdr.DecoratedSignature({ hint: opaque(signer).subarray(28), signature: opaque(bytes) });
}

function operationBody(operation: Operation, asset: Asset, rows: readonly DeclaredRow[]): xdr.OperationBody {
  switch (operation) {
    case 'payment':
    case 'creditPayment':
      return xdr.OperationBody.payment(
        new xdr.PaymentOp({
          destination: xdr.MuxedAccount.keyTypeEd25519(opaque(T.destination)),
          asset: asset.toXDRObject(),
          amount: new xdr.Int64(PAYMENT_STROOPS),
        }),
      );
    case 'extend':
      return xdr.OperationBody.extendFootprintTtl(
        new xdr.ExtendFootprintTtlOp({ ext: new xdr.ExtensionPoint(0), extendTo: 100_000 }),
      );
    case 'restore':
      return xdr.OperationBody.restoreFootprint(new xdr.RestoreFootprintOp({ ext: new xdr.ExtensionPoint(0) }));
    case 'invoke':
      return xdr.OperationBody.invokeHostFunction(
        new xdr.InvokeHostFunctionOp({
          hostFunction: xdr.HostFunction.hostFunctionTypeInvokeContract(submitCall()),
          auth: [authorization(rows.find((row) => row.nonce !== undefined)?.nonce)],
        }),
      );
  }
}

/** The call that the transaction makes. */
function submitCall(): xdr.InvokeContractArgs {
  return new xdr.InvokeContractArgs({
    contractAddress: contractAddress(T.contract),
    functionName: 'submit',
    args: [
      xdr.ScVal.scvAddress(accountAddress(T.source)),
      xdr.ScVal.scvVec([xdr.ScVal.scvBytes(opaque(T.code)), symbol('exact')]),
      i128(ROWS[0]!.new.amount),
    ],
  });
}

/** A call that the called contract makes in turn, and that the source has to allow as well. */
function transferCall(): xdr.InvokeContractArgs {
  return new xdr.InvokeContractArgs({
    contractAddress: contractAddress(T.nativeContract),
    functionName: 'transfer',
    args: [
      xdr.ScVal.scvAddress(accountAddress(T.source)),
      xdr.ScVal.scvAddress(contractAddress(T.contract)),
      i128(ROWS[0]!.new.amount),
    ],
  });
}

/** With a nonce: signed apart from the transaction (CAP-46-11); without: by the transaction's own source. */
function authorization(nonce: Field | undefined): xdr.SorobanAuthorizationEntry {
  const credentials =
    nonce === undefined
      ? xdr.SorobanCredentials.sorobanCredentialsSourceAccount()
      : xdr.SorobanCredentials.sorobanCredentialsAddress(
          new xdr.SorobanAddressCredentials({
            address: xdr.ScAddress.scAddressTypeAccount(accountId(T.source)),
            nonce: int64(nonce),
            signatureExpirationLedger: 4_294_967_295,
            signature: xdr.ScVal.scvBytes(opaque(T.payerSignature)),
          }),
        );
  return new xdr.SorobanAuthorizationEntry({
    credentials,
    rootInvocation: invocation(submitCall(), [invocation(transferCall(), [])]),
  });
}

function invocation(
  args: xdr.InvokeContractArgs,
  subInvocations: xdr.SorobanAuthorizedInvocation[],
): xdr.SorobanAuthorizedInvocation {
  return new xdr.SorobanAuthorizedInvocation({
    function: xdr.SorobanAuthorizedFunction.sorobanAuthorizedFunctionTypeContractFn(args),
    subInvocations,
  });
}

function sorobanData(operation: Operation, rows: readonly DeclaredRow[]): xdr.SorobanTransactionData {
  const readWrite = rows.filter((row) => row.written).map((row) => row.key);
  const called = [
    xdr.LedgerKey.contractCode(new xdr.LedgerKeyContractCode({ hash: opaque(T.code) })),
    xdr.LedgerKey.contractData(
      new xdr.LedgerKeyContractData({
        contract: contractAddress(T.contract),
        key: xdr.ScVal.scvLedgerKeyContractInstance(),
        durability: xdr.ContractDataDurability.persistent(),
      }),
    ),
  ];
  const touched = new Set(rows.map((row) => row.key.toXDR('base64')));
  const readOnly = [
    ...(operation === 'invoke' ? called.filter((key) => !touched.has(key.toXDR('base64'))) : []),
    ...rows.filter((row) => !row.written).map((row) => row.key),
  ];
  return new xdr.SorobanTransactionData({
    ext: new xdr.SorobanTransactionDataExt(0),
    resources: new xdr.SorobanResources({
      footprint: new xdr.LedgerFootprint({ readOnly, readWrite }),
      instructions: operation === 'invoke' ? 4_000_000 : 0,
      diskReadBytes: 10_000,
      writeBytes: 4_000,
    }),
    resourceFee: new xdr.Int64(SOROBAN_FEE - CLASSIC_FEE),
  });
}
