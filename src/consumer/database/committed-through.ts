/** How far a partition is committed, for who lost the connection while it was committing. */
import type { Client } from 'pg';
import type { StreamClaim } from '../../postgres/progress/claim-stream.js';

/**
 * Undefined where another process has taken the stream over. Waits for a COMMIT that the server may still be at: who was at
 * it holds the row.
 */
export async function committedThrough(
  client: Client,
  { streamId, epoch }: StreamClaim,
  partition: number,
): Promise<number | undefined> {
  const { rows } = await client.query<{ ledger: string }>(
    `SELECT complete_through AS ledger FROM contract_data.ingestion_progress
    WHERE stream_id = $1 AND partition = $2 AND epoch = $3 FOR NO KEY UPDATE`,
    [streamId, partition, epoch],
  );
  return rows[0] && Number(rows[0].ledger);
}
