/**
 * Advisory locks, held to the end of a transaction: whoever does the same waits
 * (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
 */
import type { ClientBase } from 'pg';

/** First half of all our lock numbers: the letters `cdat`. */
const LOCK_SPACE = 0x63646174;

/** Second half, by what is done under the lock. */
const LOCKS = { migrate: 1, partitions: 2, claim: 3 };

export async function lock(client: ClientBase, name: keyof typeof LOCKS): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_SPACE, LOCKS[name]]);
}
