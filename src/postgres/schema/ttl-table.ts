/** How long each entry lives, in its current form. */
import { columnsSql, commentsSql, declaredColumns, type TableColumn } from './table-column.js';

const LIVE_UNTIL =
  'Last ledger in which the entry is live, after the newest ledger that changed it; null once it is removed or evicted.';

export const TTL_COLUMNS: readonly TableColumn[] = declaredColumns('ttl').map((column) =>
  column.name === 'live_until_ledger_seq' ? { ...column, sentence: LIVE_UNTIL } : column,
);

/** Extensions come more often than anything else: room on each page for the next version of a row. */
const FILL_FACTOR_PERCENT = 70;

export const CREATE_TTL: readonly string[] = [
  `CREATE TABLE contract_data.ttl (
${columnsSql(TTL_COLUMNS)},
  PRIMARY KEY (key_hash)
) WITH (fillfactor = ${FILL_FACTOR_PERCENT})`,
  ...commentsSql(
    {
      kind: 'TABLE',
      name: 'contract_data.ttl',
      sentence: 'Until when each entry lives, of contract data and of contract code: the newest change of each.',
    },
    TTL_COLUMNS,
  ),
];
