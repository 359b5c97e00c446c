/** Forgetting keys that are gone for good. */
import type { ClientBase } from 'pg';

/**
 * Removes deleted keys from current_states and ttl whose last change is at or below `watermark`, up to which the caller
 * has loaded everything; resolves with the number of states. Without their tombstones, older rows that came later would
 * bring the keys back; so it stops before the first gap, whose ledgers may yet be loaded.
 */
export async function pruneTombstones(client: ClientBase, watermark: number): Promise<number> {
  const { rowCount } = await client.query(pruneSql('current_states', "state = 'deleted'", 'contract_data'), [
    watermark,
  ]);
  await client.query(pruneSql('ttl', 'deleted', 'ttl'), [watermark]);
  return rowCount ?? 0;
}

function pruneSql(table: string, isGone: string, stream: string): string {
  return `DELETE FROM contract_data.${table} WHERE ${isGone} AND ledger_sequence <= least($1::bigint, (
  SELECT min(q.from_ledger) - 1 FROM contract_data.quarantine q JOIN contract_data.ingestion_streams s USING (stream_id)
  WHERE s.table_name = '${stream}'
))`;
}
