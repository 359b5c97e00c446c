/** Rows of both tables from a terse description, put in by plain INSERT. */
import type { Client } from 'pg';

export type ChangeType = 'created' | 'updated' | 'removed' | 'restored' | 'evicted';

export interface EntryRow {
  readonly ledger_sequence: number;
  readonly change_index: number;
  readonly change_type: ChangeType;
  readonly ledger_key_hash: string;
  readonly [column: string]: unknown;
}

export interface TtlRow {
  readonly ledger_sequence: number;
  readonly change_index: number;
  readonly change_type: ChangeType;
  readonly key_hash: string;
  readonly live_until_ledger_seq: number | null;
}

export const PERSISTENT = 'ContractDataDurabilityPersistent';
export const TEMPORARY = 'ContractDataDurabilityTemporary';

/** Ledger n closes n * 5 seconds after the year 2024 began. */
export function closedAt(ledger: number): string {
  return new Date(Date.UTC(2024, 0, 1) + ledger * 5000).toISOString();
}

/** Into the history, whose partitions must be there. */
export async function insertEntries(client: Client, rows: readonly EntryRow[]): Promise<void> {
  const complete = rows.map((row) => ({
    contract_id: 'CA',
    contract_key_type: 'ScValTypeScvVec',
    contract_durability: PERSISTENT,
    key_xdr: `key of ${row.ledger_key_hash}`,
    last_modified_ledger: row.ledger_sequence,
    closed_at: closedAt(row.ledger_sequence),
    deleted: isDeletion(row.change_type),
    transaction_hash: row.change_type === 'evicted' ? null : `tx ${row.ledger_sequence}`,
    ...row,
  }));
  await insert(client, 'contract_data.entries', complete);
}

/** Into the staging table. */
export async function insertTtl(client: Client, rows: readonly TtlRow[]): Promise<void> {
  const complete = rows.map((row) => ({
    last_modified_ledger: row.ledger_sequence,
    closed_at: closedAt(row.ledger_sequence),
    deleted: isDeletion(row.change_type),
    ...row,
  }));
  await insert(client, 'pg_temp.ttl_loading', complete);
}

async function insert(client: Client, table: string, rows: readonly object[]): Promise<void> {
  await client.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(null::${table}, $1)`, [
    JSON.stringify(rows),
  ]);
}

function isDeletion(type: ChangeType): boolean {
  return type === 'removed' || type === 'evicted';
}
