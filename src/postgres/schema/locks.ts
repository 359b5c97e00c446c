/**
 * Advisory locks, held to the end of a transaction: whoever does the same waits
 * (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
 */
import type { ClientBase } from 'pg';

/** First half of our lock numbers: the letters `cdat`. */
const LOCK_SPACE = 0x63646174;

/** Second half, by what is done under the lock. */
const LOCKS = { migrate: 1, partitions: 2, claim: 3 };

/** First half of the locks of streams, the letters `cdst`; the second half is the stream's number. */
const STREAM_SPACE = 0x63647374;

export async function lock(client: ClientBase, name: keyof typeof LOCKS): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_SPACE, LOCKS[name]]);
}

/** Held by each transaction that writes for the stream, beside others that do. */
export async function lockForWriting(client: ClientBase, streamId: string): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock_shared($1, $2)', [STREAM_SPACE, secondHalf(streamId)]);
}

/**
 * Waits until nobody writes for the stream, and lets nobody begin. Writers that still do after `patienceMs` are ended:
 * a process that stands still, or a host that is gone, would hold what it has written for as long as its connection lives.
 */
export async function lockOutWriters(client: ClientBase, streamId: string, patienceMs: number): Promise<void> {
  const key = [STREAM_SPACE, secondHalf(streamId)];
  const waitForWriters = 'SELECT pg_advisory_xact_lock($1, $2)';
  await client.query(`SAVEPOINT patient; SET LOCAL lock_timeout = ${Math.ceil(patienceMs)}`);
  try {
    await client.query(waitForWriters, key);
    await client.query('SET LOCAL lock_timeout = DEFAULT');
  } catch (error) {
    const LOCK_NOT_AVAILABLE = '55P03';
    if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
    await client.query('ROLLBACK TO SAVEPOINT patient');
    // Others than our own may not be ended by everybody; for those it waits.
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity a USING (pid)
      WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND objsubid = 2 AND granted
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pg_has_role(a.usesysid, 'USAGE')`,
      key,
    );
    await client.query(waitForWriters, key);
  }
}

/** Where a number is too large, streams share a lock: they wait for each other a little, which does no harm. */
function secondHalf(streamId: string): number {
  return Number(BigInt.asUintN(31, BigInt(streamId)));
}
