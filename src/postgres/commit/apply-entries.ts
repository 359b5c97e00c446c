/** Bringing current_states up to what has been loaded into the history. */
import type { ClientBase } from 'pg';
import { CURRENT_STATES_COLUMNS } from '../schema/current-states-table.js';

const NEWER_STATE = '(excluded.ledger_sequence, excluded.change_index) > (held.ledger_sequence, held.change_index)';

/** A change that carried a value goes before one that did not, whatever their positions. */
const NEWER_VALUE = `(excluded.val_xdr IS NOT NULL, excluded.value_ledger_sequence, excluded.value_change_index)
    > (held.val_xdr IS NOT NULL, held.value_ledger_sequence, held.value_change_index)`;

const ASSIGNMENTS = CURRENT_STATES_COLUMNS.filter(({ part }) => part !== 'key').map(
  ({ name, part }) =>
    `${name} = CASE WHEN ${part === 'state' ? NEWER_STATE : NEWER_VALUE} THEN excluded.${name} ELSE held.${name} END`,
);

/**
 * The newest of the rows that `condition` selects, per key. In the order of keys, so that parallel commits never wait for
 * each other in a circle.
 */
function mergeSql(condition: string): string {
  return `INSERT INTO contract_data.current_states AS held (${CURRENT_STATES_COLUMNS.map(({ name }) => name).join(', ')})
SELECT DISTINCT ON (ledger_key_hash) ${CURRENT_STATES_COLUMNS.map(({ from }) => from).join(', ')}
FROM contract_data.entries
WHERE ledger_sequence BETWEEN $1 AND $2${condition}
ORDER BY ledger_key_hash, ledger_sequence DESC, change_index DESC
ON CONFLICT (ledger_key_hash) DO UPDATE SET
  ${ASSIGNMENTS.join(',\n  ')}
WHERE ${NEWER_STATE} OR ${NEWER_VALUE}`;
}

const MERGE_NEWEST = mergeSql('');

/** Where the newest row of a key has no value, an older one may have. */
const MERGE_VALUES = mergeSql(` AND val_xdr IS NOT NULL AND ledger_key_hash IN (
  SELECT ledger_key_hash FROM contract_data.entries WHERE ledger_sequence BETWEEN $1 AND $2 AND val_xdr IS NULL
)`);

/**
 * Enough memory to sort the rows of one commit. And the rows just loaded lie beyond the table's statistics: the planner
 * expects one, and would compare each with each.
 */
const SETTINGS = "SET LOCAL work_mem = '128MB'; SET LOCAL enable_nestloop = off";

/** Merges the rows of ledgers `firstLedger` to `lastLedger`, both inclusive; resolves with the number of keys changed. */
export async function applyEntries(client: ClientBase, firstLedger: number, lastLedger: number): Promise<number> {
  await client.query(SETTINGS);
  const { rowCount } = await client.query(MERGE_NEWEST, [firstLedger, lastLedger]);
  await client.query(MERGE_VALUES, [firstLedger, lastLedger]);
  return rowCount ?? 0;
}
