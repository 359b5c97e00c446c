/**
 * The fields of a transaction: what differs between two transactions of the same kind.
 *
 * Account balances go old -> charged (fee taken) -> final (payment made, or part of the fee given back); sequence
 * numbers go old -> new. The payer of the fee is the source account itself, or another account in a fee bump.
 */
import { type Field, FieldLayout } from './field.js';

/** Rows (entries) that one transaction may touch. */
export const MAX_ROWS = 14;

const layout = new FieldLayout();

export const TRANSACTION = {
  ledger: layout.field(1),
  /** Ledger in which the transaction's accounts were last changed. */
  previousLedger: layout.field(1),
  closeTime: layout.field(2),
  previousCloseTime: layout.field(2),
  /** Latest close time the transaction accepts. */
  maxTime: layout.field(2),
  hash: layout.field(8),
  innerHash: layout.field(8),
  returnHash: layout.field(8),
  source: layout.field(8),
  signature: layout.field(16),
  sourceSequenceOld: layout.field(2),
  sourceSequence: layout.field(2),
  sourceBalanceOld: layout.field(2),
  sourceBalance: layout.field(2),
  sourceCreditOld: layout.field(2),
  sourceCredit: layout.field(2),
  payer: layout.field(8),
  payerSignature: layout.field(16),
  payerSequenceOld: layout.field(2),
  payerSequence: layout.field(2),
  payerBalanceOld: layout.field(2),
  payerBalanceCharged: layout.field(2),
  payerBalanceFinal: layout.field(2),
  destination: layout.field(8),
  destinationSequence: layout.field(2),
  destinationBalanceOld: layout.field(2),
  destinationBalance: layout.field(2),
  /** The contract that is called; in a classic transaction unused. */
  contract: layout.field(8),
  /** Hash of the code that the called contract runs. */
  code: layout.field(8),
  /** The contract of the native asset, whose events tell of fees. */
  nativeContract: layout.field(8),
} as const;

/** A value as a row's entry may need it: 32 random bytes, an i128 that is never negative, and one that may be. */
export interface ValueFields {
  readonly raw: Field;
  readonly amount: Field;
  readonly signed: Field;
}

/** What differs between two rows of the same shape. */
export interface RowFields {
  readonly contract: Field;
  readonly id: Field;
  readonly old: ValueFields;
  readonly new: ValueFields;
  /** sha256 of the LedgerKey. */
  readonly keyHash: Field;
  /** Ledgers of the last change before this one, of the entry and of its TTL. */
  readonly previousLedger: Field;
  readonly ttlPreviousLedger: Field;
  readonly liveUntilOld: Field;
  readonly liveUntil: Field;
}

const value = (): ValueFields => ({ raw: layout.field(8), amount: layout.field(4), signed: layout.field(4) });

export const ROWS: readonly RowFields[] = Array.from({ length: MAX_ROWS }, () => ({
  contract: layout.field(8),
  id: layout.field(8),
  old: value(),
  new: value(),
  keyHash: layout.field(8),
  previousLedger: layout.field(1),
  ttlPreviousLedger: layout.field(1),
  liveUntilOld: layout.field(1),
  liveUntil: layout.field(1),
}));

/** Size of the bank that holds a transaction's fields. */
export const TRANSACTION_WORDS = layout.words;
