/** Bringing ttl up to what has been loaded into its staging table. */
import type { ClientBase } from 'pg';
import { TTL_COLUMNS } from '../schema/ttl-table.js';
import { columnsSql } from '../schema/table-column.js';

const STAGE = `CREATE TEMP TABLE IF NOT EXISTS ttl_loading (
${columnsSql(TTL_COLUMNS)}
) ON COMMIT DELETE ROWS`;

const NAMES = TTL_COLUMNS.map(({ name }) => name);

/**
 * Transactions of one ledger apply in parallel, and each extends a key from where the ledger began, so the last row of a
 * ledger need not reach farthest (CAP-63). What a ledger leaves behind is the farthest of the rows since the entry was
 * last created, restored or removed in it.
 */
const MERGE = `WITH placed AS (
  SELECT *, max(change_index) FILTER (WHERE change_type <> 'updated') OVER of_ledger AS set_at
  FROM pg_temp.ttl_loading WINDOW of_ledger AS (PARTITION BY key_hash, ledger_sequence)
), reached AS (
  SELECT *, max(live_until_ledger_seq) FILTER (WHERE NOT deleted AND change_index >= coalesce(set_at, 0)) OVER of_ledger AS farthest
  FROM placed WINDOW of_ledger AS (PARTITION BY key_hash, ledger_sequence)
)
INSERT INTO contract_data.ttl AS held (${NAMES.join(', ')})
SELECT DISTINCT ON (key_hash) ${NAMES.map((name) =>
  name === 'live_until_ledger_seq' ? 'CASE WHEN NOT deleted THEN farthest END' : name,
).join(', ')}
FROM reached
ORDER BY key_hash, ledger_sequence DESC, change_index DESC
ON CONFLICT (key_hash) DO UPDATE SET
  ${NAMES.filter((name) => name !== 'key_hash')
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}
WHERE (excluded.ledger_sequence, excluded.change_index) > (held.ledger_sequence, held.change_index)`;

const SORT_MEMORY = '64MB';

/** Makes the staging table of this connection; rows leave it with the transaction that brought them. */
export async function stageTtl(client: ClientBase): Promise<void> {
  await client.query(STAGE);
}

/** Merges what is staged, which must be whole ledgers; resolves with the number of keys changed. */
export async function applyTtl(client: ClientBase): Promise<number> {
  await client.query(`SET LOCAL work_mem = '${SORT_MEMORY}'`);
  const { rowCount } = await client.query(MERGE);
  return rowCount ?? 0;
}
