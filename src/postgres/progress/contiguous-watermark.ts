/** How far a table is complete without a hole. */
import type { ClientBase } from 'pg';
import type { TableName } from '../../../workers/request.js';

/** Of all ranges of all streams of the table; undefined before the first. */
export async function contiguousWatermark(client: ClientBase, table: TableName): Promise<number | undefined> {
  const { rows } = await client.query<{ ledger: string | null }>(
    'SELECT contract_data.complete_through($1) AS ledger',
    [table],
  );
  const ledger = rows[0]?.ledger ?? null;
  return ledger === null ? undefined : Number(ledger);
}
