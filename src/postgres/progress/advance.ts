/** Moving on, and finding out that one may not. */
import type { ClientBase } from 'pg';
import { PostgresError } from '../postgres-error.js';
import type { StreamClaim } from './claim-stream.js';

/**
 * `partition` is complete through ledger `to`, and was through `from`: in a commit, before what others have written is
 * touched. Throws STREAM_FENCED where another process has claimed the stream, PROGRESS_CONFLICT where `from` is not what
 * is stored.
 */
export async function advance(
  client: ClientBase,
  claim: StreamClaim,
  partition: number,
  from: number,
  to: number,
): Promise<void> {
  const { rowCount } = await client.query({
    name: 'contract_data.advance',
    text: `UPDATE contract_data.ingestion_progress SET complete_through = $5, updated_at = now()
    WHERE stream_id = $1 AND partition = $2 AND epoch = $3 AND complete_through = $4`,
    values: [claim.streamId, partition, claim.epoch, from, to],
  });
  if (rowCount !== 1) throw await refusal(client, claim, partition, from);
}

/** The error of a process whose stream is another's now. */
export function fenced({ name, epoch }: StreamClaim): PostgresError {
  return new PostgresError(
    'STREAM_FENCED',
    `another process has taken over stream ${name} (epoch ${epoch} has passed)`,
  );
}

async function refusal(
  client: ClientBase,
  claim: StreamClaim,
  partition: number,
  from: number,
): Promise<PostgresError> {
  const { rows } = await client.query<{ epoch: string; complete_through: string }>(
    'SELECT epoch, complete_through FROM contract_data.ingestion_progress WHERE stream_id = $1 AND partition = $2',
    [claim.streamId, partition],
  );
  const [stored] = rows;
  if (stored !== undefined && stored.epoch !== claim.epoch) return fenced(claim);
  const found = stored === undefined ? 'it has no progress' : `it is through ${stored.complete_through}`;
  const message = `partition ${partition} of stream ${claim.name}: complete through ${from} expected, ${found}`;
  return new PostgresError('PROGRESS_CONFLICT', message);
}
