/** Making room for rows that are loaded again. */
import type { ClientBase } from 'pg';

/** Removes what the history has of these ledgers, both inclusive; resolves with the number of rows. */
export async function deleteEntries(client: ClientBase, firstLedger: number, lastLedger: number): Promise<number> {
  const { rowCount } = await client.query('DELETE FROM contract_data.entries WHERE ledger_sequence BETWEEN $1 AND $2', [
    firstLedger,
    lastLedger,
  ]);
  return rowCount ?? 0;
}
