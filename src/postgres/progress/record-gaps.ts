/** Ledgers that a stream announced as missing. */
import type { ClientBase } from 'pg';
import type { StreamClaim } from './claim-stream.js';

/** First and last ledger, both inclusive, and why. */
export type Gap = readonly [from: number, to: number, reason: string];

/** Replaces what is noted of ledgers `firstLedger` to `lastLedger`: loading them again may have closed a gap. */
export async function recordGaps(
  client: ClientBase,
  { streamId }: StreamClaim,
  firstLedger: number,
  lastLedger: number,
  gaps: readonly Gap[],
): Promise<void> {
  await client.query('DELETE FROM contract_data.quarantine WHERE stream_id = $1 AND from_ledger BETWEEN $2 AND $3', [
    streamId,
    firstLedger,
    lastLedger,
  ]);
  if (gaps.length === 0) return;
  await client.query(
    `INSERT INTO contract_data.quarantine (stream_id, from_ledger, to_ledger, reason)
    SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[])`,
    [streamId, gaps.map(([from]) => from), gaps.map(([, to]) => to), gaps.map(([, , reason]) => reason)],
  );
}
