/** Fills in the accounts of a transaction: who pays, what they held before, what they hold now. */
import type { Bank } from './bank.js';
import { closeTime } from './close-time.js';
import { bid, PAYMENT_STROOPS, SOROBAN_REFUND } from './envelope.js';
import { ACCOUNT, DESTINATION, PAYER, PAYER_SIGNATURE, RETURN, SIGNATURE } from './random-domains.js';
import type { Field } from './field.js';
import type { Touch } from './touch.js';
import { TRANSACTION } from './transaction-fields.js';
import { isSoroban } from './workload.js';

const T = TRANSACTION;

/**
 * What every account starts with, in stroops. Each touch of a group takes or adds the same amount, so that the balance
 * is a function of the touch's number; this much outlasts 2^32 ledgers either way.
 */
const INITIAL_STROOPS = 1e15;

/** Sequence numbers start above a multiple of 2^32, as those of new accounts do (CAP-19 has the formula). */
const FIRST_SEQUENCE = 1 << 20;

/** Ledger and close time fields, signatures and the state of all accounts. The source must be filled in already. */
export function fillAccounts(bank: Bank, touch: Touch): void {
  const { ledger, group, number, slot } = touch;
  const { feeBump, failed, operations, periodLedgers } = slot.kind;
  const soroban = isSoroban(slot.kind);
  const previousLedger = Math.max(1, ledger - periodLedgers);
  bank.putUint32(T.ledger, ledger);
  bank.putUint32(T.previousLedger, previousLedger);
  bank.putUint64(T.closeTime, closeTime(ledger));
  bank.putUint64(T.previousCloseTime, closeTime(previousLedger));
  bank.putUint64(T.maxTime, closeTime(ledger) + 300);
  bank.putRandom(T.signature, SIGNATURE, group, number);
  bank.putRandom(T.payerSignature, PAYER_SIGNATURE, group, number);
  bank.putRandom(T.returnHash, RETURN, group, number);

  putSequences(bank, group, number);
  if (feeBump) {
    bank.putRandom(T.payer, PAYER, group, 0);
    bank.copy(T.payerSequenceOld, T.destinationSequence);
    bank.copy(T.payerSequence, T.destinationSequence);
  } else {
    bank.copy(T.payer, T.source);
    bank.copy(T.payerSequenceOld, T.sourceSequenceOld);
    bank.copy(T.payerSequence, T.sourceSequence);
  }

  const paid = operations[0] === 'payment' && !failed ? PAYMENT_STROOPS : 0;
  const fee = bid({ soroban, feeBump });
  const refund = soroban ? SOROBAN_REFUND : 0;
  const balance = INITIAL_STROOPS - (number - 1) * (fee + paid - refund);
  bank.putUint64(T.payerBalanceOld, balance);
  bank.putUint64(T.payerBalanceCharged, balance - fee);
  bank.putUint64(T.payerBalanceFinal, balance - fee + refund);
  bank.putUint64(T.sourceBalanceOld, feeBump ? INITIAL_STROOPS : balance - fee);
  bank.putUint64(T.sourceBalance, balance - fee - paid);
  if (soroban) return;

  bank.putRandom(T.destination, DESTINATION, group, 0);
  bank.putUint64(T.destinationBalanceOld, INITIAL_STROOPS + (number - 1) * PAYMENT_STROOPS);
  bank.putUint64(T.destinationBalance, INITIAL_STROOPS + number * PAYMENT_STROOPS);
  bank.putUint64(T.sourceCreditOld, INITIAL_STROOPS - (number - 1) * PAYMENT_STROOPS);
  bank.putUint64(T.sourceCredit, INITIAL_STROOPS - number * PAYMENT_STROOPS);
}

/** Sequence numbers: the source's goes up by one at each touch, those of other accounts stay. */
function putSequences(bank: Bank, group: number, number: number): void {
  bank.putRandom(T.destinationSequence, ACCOUNT, group, 0);
  const high = bank.getUint32(T.destinationSequence) & 0xffff;
  putSequenceNumber(bank, T.destinationSequence, high, 0);
  putSequenceNumber(bank, T.sourceSequenceOld, high, number - 1);
  putSequenceNumber(bank, T.sourceSequence, high, number);
}

function putSequenceNumber(bank: Bank, field: Field, high: number, used: number): void {
  bank.putUint32(field, high);
  bank.putUint32(field, FIRST_SEQUENCE + used, 1);
}
