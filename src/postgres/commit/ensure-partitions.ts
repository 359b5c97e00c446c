/** Partitions of the history, made before rows are loaded into them. */
import type { ClientBase } from 'pg';
import { inTransaction } from '../in-transaction.js';
import { LEDGERS_PER_PARTITION } from '../schema/entries-table.js';
import { lock } from '../schema/locks.js';

/**
 * Makes those that ledgers `firstLedger` to `lastLedger` lack. Not in a transaction. Any number of processes may do it at
 * once, while others load: a table is made first and attached then, which takes a lock that lets rows in
 * (https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE).
 */
export async function ensurePartitions(client: ClientBase, firstLedger: number, lastLedger: number): Promise<void> {
  if ((await missing(client, firstLedger, lastLedger)).length === 0) return;
  await inTransaction(client, async () => {
    await lock(client, 'partitions');
    for (const start of await missing(client, firstLedger, lastLedger)) {
      const name = partitionName(start);
      await client.query(
        `CREATE TABLE ${name} (LIKE contract_data.entries INCLUDING ALL);
        ALTER TABLE contract_data.entries
          ATTACH PARTITION ${name} FOR VALUES FROM (${start}) TO (${start + LEDGERS_PER_PARTITION})`,
      );
    }
  });
}

/** The table that holds the ledgers from `start` on, a multiple of {@link LEDGERS_PER_PARTITION}. */
function partitionName(start: number): string {
  return `contract_data.entries_${start}`;
}

/** First ledgers of the partitions that are not there. */
async function missing(client: ClientBase, firstLedger: number, lastLedger: number): Promise<number[]> {
  const starts: number[] = [];
  const first = firstLedger - (firstLedger % LEDGERS_PER_PARTITION);
  for (let start = first; start <= lastLedger; start += LEDGERS_PER_PARTITION) starts.push(start);
  // Not by to_regclass, which may answer from a cache that is older than the lock just taken.
  const { rows } = await client.query<{ start: string }>(
    `SELECT start FROM unnest($1::bigint[]) start WHERE NOT EXISTS (
      SELECT FROM pg_class WHERE relnamespace = 'contract_data'::regnamespace AND relname = 'entries_' || start
    ) ORDER BY start`,
    [starts],
  );
  return rows.map(({ start }) => Number(start));
}
