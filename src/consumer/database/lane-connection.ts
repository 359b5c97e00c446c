/** One connection to the database, made when it is needed and made anew after it broke. */
import type { Client } from 'pg';
import { connect } from '../../postgres/connection/connect.js';
import type { DatabaseTarget } from '../../postgres/connection/database-target.js';

export class LaneConnection {
  private readonly target: DatabaseTarget;
  /** Runs once on each new connection. */
  private readonly prepare: (client: Client) => Promise<void>;
  private client: Client | undefined;
  private isClosed = false;

  constructor(target: DatabaseTarget, prepare: (client: Client) => Promise<void> = () => Promise.resolve()) {
    this.target = target;
    this.prepare = prepare;
  }

  /**
   * Gives `work` a connection. Whatever fails, the connection is not used again: the server ends what was begun on it.
   */
  async use<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      this.client ??= await this.open();
      return await work(this.client);
    } catch (error) {
      await this.drop();
      throw error;
    }
  }

  /** Ends it, and what is being done on it. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.drop();
  }

  private async open(): Promise<Client> {
    const client = await connect(this.target);
    // A connection that breaks between two statements is found broken by the next one.
    client.on('error', () => undefined);
    try {
      await this.prepare(client);
      if (this.isClosed) throw new Error('the connection was closed');
    } catch (error) {
      await end(client);
      throw error;
    }
    return client;
  }

  private async drop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    if (client !== undefined) await end(client);
  }
}

/** A server that is gone may not answer the farewell: pg cuts a connection on which a statement is open. */
async function end(client: Client): Promise<void> {
  await client.end().catch(() => undefined);
}
