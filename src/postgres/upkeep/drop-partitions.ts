/** Retention: old history goes by whole partitions, which costs nothing. */
import type { ClientBase } from 'pg';
import { LEDGERS_PER_PARTITION } from '../schema/entries-table.js';

/**
 * Drops the partitions that lie before `ledger` as a whole; resolves with their names. current_states and ttl keep what
 * they have. Not in a transaction: a partition is detached in a way that lets others read and load.
 */
export async function dropPartitionsBefore(client: ClientBase, ledger: number): Promise<string[]> {
  // Detaching has two steps. An earlier call may have been interrupted between them (pending), or after both (null).
  const { rows } = await client.query<{ name: string; pending: boolean | null }>(
    `SELECT c.relname AS name, i.inhdetachpending AS pending
    FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'contract_data.entries'::regclass
    WHERE c.relnamespace = 'contract_data'::regnamespace AND c.relkind = 'r'
      AND substring(c.relname FROM '^entries_(\\d+)$')::bigint + $1 <= $2
    ORDER BY substring(c.relname FROM '\\d+$')::bigint`,
    [LEDGERS_PER_PARTITION, ledger],
  );
  for (const { name, pending } of rows) {
    if (pending !== null) {
      const how = pending ? 'FINALIZE' : 'CONCURRENTLY';
      await client.query(`ALTER TABLE contract_data.entries DETACH PARTITION contract_data.${name} ${how}`);
    }
    await client.query(`DROP TABLE contract_data.${name}`);
  }
  return rows.map(({ name }) => name);
}
