/** Secondary indexes: a bulk load is faster without, and the indexes are better when made at once afterwards. */
import type { ClientBase } from 'pg';
import { INDEXES } from '../schema/migrations.js';

/** Makes those that are missing. Nothing can be loaded meanwhile. */
export async function createIndexes(client: ClientBase): Promise<void> {
  for (const [name, on] of Object.entries(INDEXES)) await client.query(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`);
}

/** Drops them all. Primary keys stay: loading needs them. */
export async function dropIndexes(client: ClientBase): Promise<void> {
  for (const name of Object.keys(INDEXES)) await client.query(`DROP INDEX IF EXISTS contract_data.${name}`);
}
