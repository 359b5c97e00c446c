/** Columns of the contract_data table that are there only when asked for by name. */
import { int128ToString } from '../text/int128.js';
import { scValJson } from '../text/sc-val-json.js';
import { NONE } from '../rows/arrange.js';
import { balanceAmountAt, balanceHolderAt } from '../rows/asset-contract.js';
import { durabilityAt, keyAt, transactionOf, type ContractDataContext } from '../rows/context.js';
import type { Column } from './column.js';
import { writeEntryValues, writeHash, writeXdr } from './write-text.js';

export const CONTRACT_DATA_OPTIONAL_COLUMNS: readonly Column<ContractDataContext>[] = [
  {
    name: 'inner_transaction_hash',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    optional: true,
    sentence: 'Hex hash of the inner transaction of a fee bump.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) {
        const at = transactionOf(c, row);
        const inner = at === NONE ? NONE : c.log.transactions.innerHash[at]!;
        if (inner === NONE) out.null();
        else writeHash(out, c.r, inner);
      }
    },
  },
  {
    name: 'prev_val_xdr',
    kind: 'utf8',
    nullable: true,
    postgres: 'text',
    optional: true,
    sentence: 'The value before an update or removal, base64 XDR of the SCVal.',
    write: (c, from, to, out) =>
      writeEntryValues(c, from, to, out, c.rows.previous, (start, end) => writeXdr(out, c.r, start, end)),
  },
  {
    name: 'prev_balance_i128',
    kind: 'utf8',
    nullable: true,
    postgres: 'numeric(39)',
    optional: true,
    sentence: 'The balance before an update or removal, exact decimal.',
    write(c, from, to, out) {
      const { keyEnd, valueEnd } = c.changes;
      for (let row = from; row < to; row += 1) {
        const previous = c.rows.previous[row]!;
        // By the key: the value may have ceased to be a balance.
        const isBalance = previous !== NONE && balanceHolderAt(c.r, keyAt(c, row), durabilityAt(c, row)) !== NONE;
        const amount = isBalance ? balanceAmountAt(c.r, keyEnd[previous]!, valueEnd[previous]!) : NONE;
        if (amount === NONE) out.null();
        else out.ascii(int128ToString(c.r.view, amount));
      }
    },
  },
  {
    name: 'key_decoded',
    kind: 'utf8',
    nullable: true,
    postgres: 'jsonb',
    optional: true,
    sentence: 'The key as SEP-51 JSON.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) out.text(scValJson(c.r, keyAt(c, row)));
    },
  },
  {
    name: 'val_decoded',
    kind: 'utf8',
    nullable: true,
    postgres: 'jsonb',
    optional: true,
    sentence: 'The value as SEP-51 JSON.',
    write: (c, from, to, out) =>
      writeEntryValues(c, from, to, out, c.rows.entry, (start) => out.text(scValJson(c.r, start))),
  },
];
