/** New ranges of ledgers for a stream: on its first run, or when its range grows. */
import type { ClientBase } from 'pg';
import { inTransaction } from '../in-transaction.js';
import { PostgresError } from '../postgres-error.js';
import { fenced } from './advance.js';
import type { StreamClaim, StreamPartition } from './claim-stream.js';

export interface LedgerRange {
  readonly firstLedger: number;
  /** Inclusive; undefined follows the network. */
  readonly endLedger: number | undefined;
}

/** Numbers go on from those that the stream has. Not in a transaction. Throws STREAM_FENCED, or PROGRESS_CONFLICT for ranges that overlap. */
export async function addPartitions(
  client: ClientBase,
  claim: StreamClaim,
  ranges: readonly LedgerRange[],
): Promise<StreamPartition[]> {
  return await inTransaction(client, async () => {
    const { rowCount } = await client.query(
      'SELECT FROM contract_data.ingestion_streams WHERE stream_id = $1 AND epoch = $2 FOR UPDATE',
      [claim.streamId, claim.epoch],
    );
    if (rowCount !== 1) throw fenced(claim);
    const added: StreamPartition[] = [];
    for (const range of ranges) added.push(await addPartition(client, claim, range));
    return added;
  });
}

async function addPartition(
  client: ClientBase,
  { streamId, epoch, name }: StreamClaim,
  { firstLedger, endLedger }: LedgerRange,
): Promise<StreamPartition> {
  const { rows: overlapping } = await client.query<{ range: string }>(
    `SELECT first_ledger || ' to ' || coalesce(end_ledger::text, 'the newest') AS range
    FROM contract_data.ingestion_progress
    WHERE stream_id = $1 AND int8range(first_ledger, end_ledger, '[]') && int8range($2, $3, '[]')`,
    [streamId, firstLedger, endLedger ?? null],
  );
  if (overlapping[0] !== undefined) {
    const range = `${firstLedger} to ${endLedger ?? 'the newest'}`;
    const message = `stream ${name} already has ledgers ${overlapping[0].range}, which overlap ${range}`;
    throw new PostgresError('PROGRESS_CONFLICT', message);
  }
  const completeThrough = firstLedger - 1;
  const { rows } = await client.query<{ partition: number }>(
    `INSERT INTO contract_data.ingestion_progress (stream_id, partition, epoch, first_ledger, end_ledger, complete_through)
    SELECT $1, coalesce(max(partition) + 1, 0), $2, $3, $4, $5 FROM contract_data.ingestion_progress WHERE stream_id = $1
    RETURNING partition`,
    [streamId, epoch, firstLedger, endLedger ?? null, completeThrough],
  );
  return { partition: rows[0]!.partition, firstLedger, endLedger, completeThrough };
}
