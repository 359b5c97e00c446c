/** Work that is committed whole or not at all. */
import type { ClientBase } from 'pg';

/**
 * The client must not be in a transaction. Rolls back and throws on what `work` throws. Each statement sees what others
 * have committed before it, whatever the database's default is: after waiting for a lock, that is what matters.
 */
export async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // Where the connection is gone, so is the transaction, and the first error is the one that tells.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
