/**
 * Writes the commits of a lane, up to two at a time, each on a connection of its own:
 *
 *   connection 1:  copying 1 │ merging 1 │ copying 3 │ copied │ merging 3 │ …
 *   connection 2:     copying 2 │ copied │ merging 2          │ copying 4 …
 *
 * PostgreSQL has one process for each connection, so that two processors are busy instead of one.
 *
 * - Copying is free of order; merging is one by one, in the order of the ledgers, each when the one before is known to be
 *   in the database. So a commit is in the database only if all before it are.
 * - A commit stays in memory until PostgreSQL has it. Where one failed, it waits for its turn, and the database is asked
 *   whether it has it, before it is sent again. The one behind it keeps what it has copied, as long as its connection lives.
 * - Where one cannot be committed at all, the one behind it is rolled back.
 */
import type { Client } from 'pg';
import type { DatabaseTarget } from '../postgres/connection/database-target.js';
import { Bell } from '../session/bell.js';
import type { Commit } from './commit.js';
import { committedThrough } from './database/committed-through.js';
import { LaneConnection } from './database/lane-connection.js';
import { type CommitPlace, copyCommit, finishCommit } from './database/write-commit.js';
import type { Patience } from './patience.js';
import { databaseFailures, persist } from './persist.js';

export interface CommitWriterOptions extends CommitPlace {
  readonly database: DatabaseTarget;
  /** A new one for each commit. */
  readonly patience: () => Patience;
  readonly committed: (commit: Commit, durationMs: number) => void;
  /** Told once: no commit will get into the database any more. */
  readonly failed: () => void;
}

interface WritingCommit {
  readonly commit: Commit;
  readonly connection: LaneConnection;
  /** Resolves when nothing is done for it any more, whether it is in the database or not. */
  done: Promise<void>;
}

/** More would need more memory, and merging would not get faster: it is done one by one. */
const CONNECTIONS = 2;

export class CommitWriter {
  private readonly options: CommitWriterOptions;
  private readonly connections: readonly LaneConnection[];
  /** Oldest first, each on another connection. */
  private readonly writing: WritingCommit[] = [];
  private readonly changed = new Bell();
  private readonly ended = new AbortController();
  private failure: { readonly error: unknown } | undefined;

  constructor(options: CommitWriterOptions) {
    this.options = options;
    const { database, writer } = options;
    this.connections = Array.from(
      { length: CONNECTIONS },
      () => new LaneConnection(database, (client) => writer.prepare(client)),
    );
  }

  get heldBytes(): number {
    return this.writing.reduce((sum, { commit }) => sum + commit.bytes, 0);
  }

  /** Resolves when another commit can be begun. Throws what made it impossible to write an earlier one. */
  async ready(): Promise<void> {
    await this.until(() => this.freeConnection() !== undefined);
  }

  /** Once {@link ready}. */
  begin(commit: Commit): void {
    if (this.failure !== undefined) return;
    const connection = this.freeConnection();
    if (connection === undefined) throw new Error('a commit was begun while no connection was free');
    const writing: WritingCommit = { commit, connection, done: Promise.resolve() };
    this.writing.push(writing);
    writing.done = this.write(writing);
  }

  /** Resolves when all that was begun is in the database. Throws as {@link ready} does. */
  async finished(): Promise<void> {
    await this.until(() => this.writing.length === 0);
  }

  /** Ends the connections, and what is being done on them. */
  async close(): Promise<void> {
    this.ended.abort(new Error('the writer of commits was closed'));
    await Promise.all(this.connections.map((connection) => connection.close()));
    await Promise.all(this.writing.map(({ done }) => done));
  }

  private freeConnection(): LaneConnection | undefined {
    return this.connections.find((one) => this.writing.every(({ connection }) => connection !== one));
  }

  /** Never rejects. */
  private async write(writing: WritingCommit): Promise<void> {
    const { claim, patience, committed, failed } = this.options;
    const { commit, connection } = writing;
    const startedAt = performance.now();
    const doing = `ledgers ${commit.from} to ${commit.to} of ${claim.table}`;
    try {
      await persist(databaseFailures(doing), patience(), this.ended.signal, async (attempt) => {
        // Nothing is sent again while it is open what became of the commit before.
        if (attempt > 0) await this.turnOf(writing);
        await connection.use((client) => this.attempt(client, writing, attempt));
      });
      this.writing.shift();
      committed(commit, performance.now() - startedAt);
    } catch (error) {
      // The one before it may still succeed; where it fails, this one does so because of it.
      await this.turnOf(writing).catch(() => undefined);
      if (this.failure === undefined) {
        this.failure = { error };
        this.ended.abort(error);
        failed();
      }
    } finally {
      this.changed.ring();
    }
  }

  private async attempt(client: Client, writing: WritingCommit, attempt: number): Promise<void> {
    const { claim, partition } = this.options;
    const { commit } = writing;
    if (attempt > 0 && (await committedThrough(client, claim, partition)) === commit.to) return;
    await copyCommit(client, commit, this.options);
    await this.turnOf(writing);
    await finishCommit(client, commit, this.options);
  }

  private async turnOf(writing: WritingCommit): Promise<void> {
    await this.until(() => this.writing[0] === writing);
  }

  private async until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure.error;
      if (condition()) return;
      await this.changed.heard();
    }
  }
}
