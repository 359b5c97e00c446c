/** The connection by which a process asks for ranges and says that it is alive: one statement or transaction at a time. */
import type { Client } from 'pg';
import { LaneConnection } from '../../consumer/database/lane-connection.js';
import { Patience } from '../../consumer/patience.js';
import { databaseFailures, persist } from '../../consumer/persist.js';
import type { DatabaseTarget } from '../../postgres/connection/database-target.js';
import type { BackoffOptions } from '../../source/backoff.js';

export const BACKFILL_BACKOFF: BackoffOptions = { firstMs: 250, maxMs: 5000 };
/** A few minutes: a database that is restarted or upgraded comes back. */
const MAX_RETRIES = 60;

export class ControlConnection {
  private readonly connection: LaneConnection;
  private last: Promise<unknown> = Promise.resolve();

  constructor(target: DatabaseTarget) {
    this.connection = new LaneConnection(target);
  }

  /** Gives `work` the connection when those before it are done with it. */
  async use<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const turn = this.last.then(() => this.connection.use(work));
    this.last = turn.catch(() => undefined);
    return await turn;
  }

  /** The same, tried again while failures may pass. Throws DATABASE_UNAVAILABLE, DATABASE_REFUSED or the signal's reason. */
  async insist<T>(doing: string, signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
    const patience = new Patience({ maxRetries: MAX_RETRIES, backoff: BACKFILL_BACKOFF, onRetry: () => undefined });
    return await persist(databaseFailures(doing), patience, signal, () => this.use(work));
  }

  async close(): Promise<void> {
    await this.last;
    await this.connection.close();
  }
}
