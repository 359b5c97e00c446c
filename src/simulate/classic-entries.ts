/** Accounts and trustlines, as fees, sequence numbers and payments change them. */
import { type Asset, xdr } from '@stellar/stellar-base';
import { accountId, type Field, int64, uint32, uint64 } from './field.js';
import { updated } from './entry-changes.js';
import { TRANSACTION } from './transaction-fields.js';

const T = TRANSACTION;

interface AccountState {
  readonly account: Field;
  readonly balance: Field;
  readonly sequence: Field;
  /** When the sequence number was last used (CAP-21), if it ever was. */
  readonly used: { readonly ledger: Field; readonly time: Field } | undefined;
}

const before = { ledger: T.previousLedger, time: T.previousCloseTime };
const now = { ledger: T.ledger, time: T.closeTime };

/** The fee: from the payer, whose sequence number is still the old one, or in a fee bump is never used. */
export function feeChanges(feeBump: boolean): xdr.LedgerEntryChange[] {
  const payer = { account: T.payer, sequence: T.payerSequenceOld, used: feeBump ? undefined : before };
  return updated(
    uint32(T.previousLedger),
    account({ ...payer, balance: T.payerBalanceOld }),
    account({ ...payer, balance: T.payerBalanceCharged }),
  );
}

/** The source's sequence number; `modified` says when its entry was last changed. */
export function sequenceChanges(modified: Field): xdr.LedgerEntryChange[] {
  const source = { account: T.source, balance: T.sourceBalanceOld };
  return updated(
    uint32(modified),
    account({ ...source, sequence: T.sourceSequenceOld, used: before }),
    account({ ...source, sequence: T.sourceSequence, used: now }),
  );
}

/** A native payment from source to destination. */
export function paymentChanges(): xdr.LedgerEntryChange[] {
  const source = { account: T.source, sequence: T.sourceSequence, used: now };
  const destination = { account: T.destination, sequence: T.destinationSequence, used: undefined };
  return [
    ...updated(
      uint32(T.previousLedger),
      account({ ...destination, balance: T.destinationBalanceOld }),
      account({ ...destination, balance: T.destinationBalance }),
    ),
    ...updated(
      uint32(T.ledger),
      account({ ...source, balance: T.sourceBalanceOld }),
      account({ ...source, balance: T.sourceBalance }),
    ),
  ];
}

/** A payment of an issued asset from source to destination; both amounts are those of their trustlines. */
export function creditPaymentChanges(asset: Asset): xdr.LedgerEntryChange[] {
  const modified = uint32(T.previousLedger);
  return [
    ...updated(modified, trustLine(asset, T.source, T.sourceCreditOld), trustLine(asset, T.source, T.sourceCredit)),
    ...updated(
      modified,
      trustLine(asset, T.destination, T.destinationBalanceOld),
      trustLine(asset, T.destination, T.destinationBalance),
    ),
  ];
}

/** What a contract call gives back of its fee. */
export function refundChanges(feeBump: boolean): xdr.LedgerEntryChange[] {
  const payer = { account: T.payer, sequence: T.payerSequence, used: feeBump ? undefined : now };
  return updated(
    uint32(T.ledger),
    account({ ...payer, balance: T.payerBalanceCharged }),
    account({ ...payer, balance: T.payerBalanceFinal }),
  );
}

function account(state: AccountState): xdr.LedgerEntryData {
  return xdr.LedgerEntryData.account(
    new xdr.AccountEntry({
      accountId: accountId(state.account),
      balance: int64(state.balance),
      seqNum: int64(state.sequence),
      numSubEntries: 0,
      inflationDest: null,
      flags: 0,
      homeDomain: '',
      thresholds: Buffer.from([1, 0, 0, 0]),
      signers: [],
      ext: state.used === undefined ? new xdr.AccountEntryExt(0) : usedExtension(state.used),
    }),
  );
}

function usedExtension({ ledger, time }: { ledger: Field; time: Field }): xdr.AccountEntryExt {
  const v3 = new xdr.AccountEntryExtensionV3({
    ext: new xdr.ExtensionPoint(0),
    seqLedger: uint32(ledger),
    seqTime: uint64(time),
  });
  const v2 = new xdr.AccountEntryExtensionV2({
    numSponsored: 0,
    numSponsoring: 0,
    signerSponsoringIDs: [],
    ext: new xdr.AccountEntryExtensionV2Ext(3, v3),
  });
  const v1 = new xdr.AccountEntryExtensionV1({
    liabilities: new xdr.Liabilities({ buying: new xdr.Int64(0), selling: new xdr.Int64(0) }),
    ext: new xdr.AccountEntryExtensionV1Ext(2, v2),
  });
  return new xdr.AccountEntryExt(1, v1);
}

function trustLine(asset: Asset, holder: Field, balance: Field): xdr.LedgerEntryData {
  return xdr.LedgerEntryData.trustline(
    new xdr.TrustLineEntry({
      accountId: accountId(holder),
      asset: asset.toTrustLineXDRObject(),
      balance: int64(balance),
      limit: new xdr.Int64('9223372036854775807'),
      flags: 1,
      ext: new xdr.TrustLineEntryExt(0),
    }),
  );
}
