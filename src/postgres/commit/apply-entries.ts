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

const NAMES = CURRENT_STATES_COLUMNS.map(({ name }) => name).join(', ');

/** The newest row of each key among those loaded; `condition` may narrow them. */
function newestSql(condition = ''): string {
  return `SELECT DISTINCT ON (ledger_key_hash) ${CURRENT_STATES_COLUMNS.map(({ from, name }) => `${from} AS ${name}`).join(', ')}
FROM contract_data.entries
WHERE ledger_sequence BETWEEN $1 AND $2${condition}
ORDER BY ledger_key_hash, ledger_sequence DESC, change_index DESC`;
}

/** In the order of keys, so that parallel commits never wait for each other in a circle. */
function mergeSql(rows: string): string {
  return `INSERT INTO contract_data.current_states AS held (${NAMES})
${rows}
ON CONFLICT (ledger_key_hash) DO UPDATE SET
  ${ASSIGNMENTS.join(',\n  ')}
WHERE ${NEWER_STATE} OR ${NEWER_VALUE}`;
}

/** Says which keys' newest rows have no value, too: a statement may touch each key only once. */
const MERGE_NEWEST = `WITH newest AS MATERIALIZED (
${newestSql()}
), merged AS (
${mergeSql(`SELECT ${NAMES} FROM newest ORDER BY ledger_key_hash`)}
RETURNING 1
)
SELECT (SELECT count(*) FROM merged) AS changed, array_agg(ledger_key_hash) FILTER (WHERE val_xdr IS NULL) AS valueless
FROM newest`;

/** Where the newest row of a key has no value, an older one may have. */
const MERGE_VALUES = mergeSql(newestSql(' AND val_xdr IS NOT NULL AND ledger_key_hash = ANY($3)'));

/**
 * Enough memory to sort the rows of one commit. And the rows just loaded lie beyond the table's statistics: the planner
 * expects one, and would compare each with each.
 */
const SETTINGS = "SET LOCAL work_mem = '128MB'; SET LOCAL enable_nestloop = off";

/** Merges the rows of ledgers `firstLedger` to `lastLedger`, both inclusive; resolves with the number of keys changed. */
export async function applyEntries(client: ClientBase, firstLedger: number, lastLedger: number): Promise<number> {
  await client.query(SETTINGS);
  const { rows } = await client.query<Merged>(MERGE_NEWEST, [firstLedger, lastLedger]);
  const { changed, valueless } = rows[0]!;
  if (valueless !== null) await client.query(MERGE_VALUES, [firstLedger, lastLedger, valueless]);
  return Number(changed);
}

interface Merged {
  /** A bigint, which comes as text. */
  readonly changed: string;
  readonly valueless: readonly string[] | null;
}
