/** Beginning a transaction that writes for a stream. */
import type { ClientBase } from 'pg';
import { lockForWriting } from '../schema/locks.js';
import { fenced } from './advance.js';
import type { StreamClaim } from './claim-stream.js';

/**
 * Begins one for `partition`, which a claim of the stream knows of from here on. Throws STREAM_FENCED where another
 * process has the stream already; only {@link advance} tells for sure that none has.
 *
 * Each statement must see what was committed before it, whatever the database's default is: the one that advances finds
 * what the commit before it did after this transaction began.
 */
export async function beginForStream(client: ClientBase, claim: StreamClaim, partition: number): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  await lockForWriting(client, claim.streamId);
  const { rowCount } = await client.query({
    name: 'contract_data.is_ours',
    text: 'SELECT FROM contract_data.ingestion_progress WHERE stream_id = $1 AND partition = $2 AND epoch = $3',
    values: [claim.streamId, partition, claim.epoch],
  });
  if (rowCount !== 1) throw fenced(claim);
}
