/**
 * Taking a stream over. Only the process that claimed it last can commit to it:
 *
 *     claim:   epoch of the stream + 1, copied into the progress row of each partition
 *     commit:  UPDATE ingestion_progress … WHERE epoch = the one claimed, before what others have written is touched
 *
 * A commit holds the lock of its stream, and from its UPDATE on that of its progress row, until it ends. So a claim waits
 * for commits in flight and sees what they did; a commit that begins later finds another epoch, and fails.
 */
import type { ClientBase } from 'pg';
import type { TableName } from '../../../workers/request.js';
import { inTransaction } from '../in-transaction.js';
import { PostgresError } from '../postgres-error.js';
import { lock, lockOutWriters } from '../schema/locks.js';
import { canonicalJson, differingFacts, type StreamIdentity, streamName } from './stream-identity.js';

export type { StreamIdentity } from './stream-identity.js';

export interface StreamPartition {
  /** From 0. */
  readonly partition: number;
  readonly firstLedger: number;
  /** Undefined: follows the network. */
  readonly endLedger: number | undefined;
  /** `firstLedger - 1` before any ledger is complete. */
  readonly completeThrough: number;
}

export interface StreamClaim {
  readonly streamId: string;
  readonly table: TableName;
  readonly name: string;
  /** Fencing token; a bigint in text. */
  readonly epoch: string;
  /** By number; none on the first run. */
  readonly partitions: readonly StreamPartition[];
}

/** Time for the commits in flight of one who is alive. */
const PATIENCE_MS = 10_000;

/**
 * Makes the stream on its first run. Not in a transaction. Throws STREAM_MISMATCH where the table holds rows of a stream
 * with other facts, or the name belongs to one. Commits of another process that do not end within `patienceMs` are ended.
 */
export async function claimStream(
  client: ClientBase,
  identity: StreamIdentity,
  patienceMs = PATIENCE_MS,
): Promise<StreamClaim> {
  return await inTransaction(client, async () => {
    const { table, facts } = identity;
    const name = streamName(identity);
    await lock(client, 'claim');
    await refuseOtherFacts(client, identity);
    const { rows } = await client.query<{ stream_id: string; epoch: string }>(
      `INSERT INTO contract_data.ingestion_streams AS s (table_name, name, facts, epoch) VALUES ($1, $2, $3, 1)
      ON CONFLICT (table_name, name) DO UPDATE SET epoch = s.epoch + 1, claimed_at = now()
      RETURNING stream_id, epoch`,
      [table, name, canonicalJson(facts)],
    );
    const { stream_id: streamId, epoch } = rows[0]!;
    await lockOutWriters(client, streamId, patienceMs);
    const partitions = await takePartitions(client, streamId, epoch);
    return { streamId, table, name, epoch, partitions };
  });
}

async function refuseOtherFacts(client: ClientBase, { table, facts }: StreamIdentity): Promise<void> {
  const { rows } = await client.query<{ name: string; facts: StreamIdentity['facts'] }>(
    'SELECT name, facts FROM contract_data.ingestion_streams WHERE table_name = $1 ORDER BY stream_id LIMIT 1',
    [table],
  );
  const [held] = rows;
  const different = held === undefined ? [] : differingFacts(held.facts, facts);
  if (held === undefined || different.length === 0) return;
  const pairs = different.map(
    (fact) =>
      `${fact} is ${canonicalJson(held.facts[fact] ?? null)} there and ${canonicalJson(facts[fact] ?? null)} here`,
  );
  const message = `table ${table} holds stream ${held.name}, whose rows are others: ${pairs.join('; ')}. Another database is needed for this one`;
  throw new PostgresError('STREAM_MISMATCH', message);
}

async function takePartitions(client: ClientBase, streamId: string, epoch: string): Promise<StreamPartition[]> {
  const { rows } = await client.query<PartitionRow>(
    `UPDATE contract_data.ingestion_progress SET epoch = $2 WHERE stream_id = $1
    RETURNING partition, first_ledger, end_ledger, complete_through`,
    [streamId, epoch],
  );
  return rows.map(partitionOf).sort((a, b) => a.partition - b.partition);
}

interface PartitionRow {
  readonly partition: number;
  readonly first_ledger: string;
  readonly end_ledger: string | null;
  readonly complete_through: string;
}

function partitionOf(row: PartitionRow): StreamPartition {
  return {
    partition: row.partition,
    firstLedger: Number(row.first_ledger),
    endLedger: row.end_ledger === null ? undefined : Number(row.end_ledger),
    completeThrough: Number(row.complete_through),
  };
}
