/** Columns that every table has: which ledger, transaction and operation a row comes from. */
import { NONE } from '../rows/arrange.js';
import { type LedgerContext, transactionOf } from '../rows/context.js';
import type { Column } from './column.js';
import { writeHash } from './write-text.js';

const MICROSECONDS_PER_SECOND = 1_000_000n;

export const ledgerSequence: Column<LedgerContext> = {
  name: 'ledger_sequence',
  kind: 'uint32',
  nullable: false,
  postgres: 'bigint',
  sentence: 'The ledger that made the change.',
  write(c, from, to, out) {
    for (let row = from; row < to; row += 1) out.value(c.log.sequence);
  },
};

export const closedAt: Column<LedgerContext> = {
  name: 'closed_at',
  kind: 'timestamp',
  nullable: false,
  postgres: 'timestamptz',
  sentence: 'Close time of the ledger.',
  write(c, from, to, out) {
    const microseconds = BigInt(c.log.closeTime) * MICROSECONDS_PER_SECOND;
    const high = Number(microseconds >> 32n);
    const low = Number(BigInt.asIntN(32, microseconds));
    for (let row = from; row < to; row += 1) out.words(high, low);
  },
};

export const transactionHash: Column<LedgerContext> = {
  name: 'transaction_hash',
  kind: 'utf8',
  nullable: true,
  postgres: 'text',
  sentence: 'Hex hash of the transaction, the outer one of a fee bump; null for evictions.',
  write(c, from, to, out) {
    const { hash } = c.log.transactions;
    let last = NONE;
    for (let row = from; row < to; row += 1) {
      const transaction = transactionOf(c, row);
      if (transaction === NONE) out.null();
      else if (transaction === last) out.repeat();
      else writeHash(out, c.r, hash[transaction]!);
      last = transaction;
    }
  },
};

export const transactionIndex: Column<LedgerContext> = {
  name: 'transaction_index',
  kind: 'uint32',
  nullable: true,
  postgres: 'bigint',
  sentence: 'Position of the transaction in apply order, from 1; null for evictions.',
  write(c, from, to, out) {
    for (let row = from; row < to; row += 1) {
      const transaction = transactionOf(c, row);
      if (transaction === NONE) out.null();
      else out.value(transaction + 1);
    }
  },
};

export const operationIndex: Column<LedgerContext> = {
  name: 'operation_index',
  kind: 'uint32',
  nullable: true,
  postgres: 'bigint',
  sentence: 'Index of the operation in its transaction, from 0; null outside operations.',
  write(c, from, to, out) {
    const { operation } = c.log.lists;
    for (let row = from; row < to; row += 1) {
      const index = operation[c.changes.list[c.rows.change[row]!]!]!;
      if (index === NONE) out.null();
      else out.value(index);
    }
  },
};
