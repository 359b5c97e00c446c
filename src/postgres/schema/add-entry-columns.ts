/** Columns of the history that are there only where rows are loaded with them. */
import type { ClientBase } from 'pg';
import { inTransaction } from '../in-transaction.js';
import { lock } from './locks.js';
import { commentsSql, declaredColumns } from './table-column.js';

/** Adds what is missing of these columns to contract_data.entries; older rows have null there. Not in a transaction. */
export async function addEntryColumns(client: ClientBase, names: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT attname AS name FROM pg_attribute WHERE attrelid = 'contract_data.entries'::regclass AND NOT attisdropped",
  );
  const missing = declaredColumns('contract_data', names).filter(({ name }) => !rows.some((row) => row.name === name));
  if (missing.length === 0) return;
  await inTransaction(client, async () => {
    await lock(client, 'migrate');
    for (const { name, type } of missing) {
      await client.query(`ALTER TABLE contract_data.entries ADD COLUMN IF NOT EXISTS ${name} ${type}`);
    }
    const [, ...comments] = commentsSql({ kind: 'TABLE', name: 'contract_data.entries', sentence: '' }, missing);
    for (const comment of comments) await client.query(comment);
  });
}
