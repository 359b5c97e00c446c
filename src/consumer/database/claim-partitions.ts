/** Taking a stream over, with all ranges of ledgers that it is to have. */
import type { Client } from 'pg';
import { addPartitions } from '../../postgres/progress/add-partitions.js';
import { claimStream, type StreamClaim, type StreamPartition } from '../../postgres/progress/claim-stream.js';
import type { StreamIdentity } from '../../postgres/progress/stream-identity.js';
import { newRanges, type WantedLedgers } from '../plan-partitions.js';

export interface ClaimedStream {
  readonly claim: StreamClaim;
  /** Those it had, and those that were added, in the order of their ledgers. */
  readonly partitions: readonly StreamPartition[];
}

/** Throws CONFIG_INVALID before anything is stored where the stream is new and no first ledger is given. */
export async function claimPartitions(
  client: Client,
  identity: StreamIdentity,
  wanted: WantedLedgers,
): Promise<ClaimedStream> {
  // A stream that is claimed without a range would keep others out, and hold nothing.
  if (wanted.startLedger === undefined && !(await hasStream(client, identity.table))) newRanges([], wanted);
  const claim = await claimStream(client, identity);
  const added = await addPartitions(client, claim, newRanges(claim.partitions, wanted));
  const partitions = [...claim.partitions, ...added].sort((a, b) => a.firstLedger - b.firstLedger);
  return { claim, partitions };
}

async function hasStream(client: Client, table: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM contract_data.ingestion_streams WHERE table_name = $1', [table]);
  return rowCount !== 0;
}
