/** Secondary indexes that an interrupted load with DEFER_INDEXES has left out. */
import type { Client } from 'pg';
import { INDEXES } from '../../postgres/schema/migrations.js';
import { createIndexes } from '../../postgres/upkeep/indexes.js';

/** Looks first: making them takes a lock that keeps others from loading, and a right that a loader need not have. */
export async function ensureIndexes(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    "SELECT FROM unnest($1::text[]) AS name WHERE to_regclass('contract_data.' || name) IS NULL",
    [Object.keys(INDEXES)],
  );
  if (rowCount !== 0) await createIndexes(client);
}
