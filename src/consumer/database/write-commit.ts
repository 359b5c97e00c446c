/**
 * One commit as one transaction: rows, what is kept of them, and how far the stream has come, all or nothing. It has two
 * halves, since the first one need not wait for the commit before:
 *
 *                  copyCommit                                           ┆ finishCommit
 *   contract_data: BEGIN · ours? · delete the ledgers · COPY into entries ┆ advance · current_states · gaps · COMMIT
 *   ttl:           BEGIN · ours? · COPY into the staging table            ┆ advance · ttl            · gaps · COMMIT
 *
 * The advance is what decides: it finds the progress where the commit before has left it, and the stream still ours, or
 * nothing of this commit is ever seen. That the stream is ours is asked at the beginning, too, to write nothing in vain.
 * Why that is enough: docs/adr/0007.
 */
import type { Client } from 'pg';
import { ProcessorError } from '../../../workers/errors.js';
import type { TableName } from '../../../workers/request.js';
import { applyEntries } from '../../postgres/commit/apply-entries.js';
import { applyTtl, stageTtl } from '../../postgres/commit/apply-ttl.js';
import { copyEntriesSql, copyTtlSql } from '../../postgres/commit/copy-sql.js';
import { deleteEntries } from '../../postgres/commit/delete-entries.js';
import { ensurePartitions } from '../../postgres/commit/ensure-partitions.js';
import { advance } from '../../postgres/progress/advance.js';
import { beginForStream } from '../../postgres/progress/begin-for-stream.js';
import type { StreamClaim } from '../../postgres/progress/claim-stream.js';
import { recordGaps } from '../../postgres/progress/record-gaps.js';
import type { Commit } from '../commit.js';
import { copyIn } from './copy-in.js';

/** How a table of rows gets into the database. */
export interface TableWriter {
  /** Once on each connection. */
  prepare(client: Client): Promise<void>;
  /** Before the transaction. */
  makeRoom(client: Client, commit: Commit): Promise<void>;
  /** In the transaction, before the advance: touches nothing that the commit before may touch. */
  copy(client: Client, commit: Commit): Promise<void>;
  /** Behind the advance. */
  merge(client: Client, commit: Commit): Promise<void>;
}

/** Where commits of a lane go. */
export interface CommitPlace {
  readonly claim: StreamClaim;
  readonly partition: number;
  readonly writer: TableWriter;
}

/** `keepStates` false leaves current_states alone: what it costs is measured that way. */
export function tableWriter(table: TableName, keepStates = true): TableWriter {
  return table === 'ttl' ? ttlWriter() : entriesWriter(keepStates);
}

/** Begins the transaction and leaves it open. Throws STREAM_FENCED. */
export async function copyCommit(
  client: Client,
  commit: Commit,
  { claim, partition, writer }: CommitPlace,
): Promise<void> {
  await writer.makeRoom(client, commit);
  await beginForStream(client, claim, partition);
  await writer.copy(client, commit);
}

/** Ends it, once the commit before is known to be in the database. Throws STREAM_FENCED and PROGRESS_CONFLICT. */
export async function finishCommit(
  client: Client,
  commit: Commit,
  { claim, partition, writer }: CommitPlace,
): Promise<void> {
  const { from, to, gaps } = commit;
  await advance(client, claim, partition, from - 1, to);
  await writer.merge(client, commit);
  await recordGaps(client, claim, from, to, gaps);
  await client.query('COMMIT');
}

function entriesWriter(keepStates: boolean): TableWriter {
  const sql = copyEntriesSql();
  return {
    prepare: () => Promise.resolve(),
    makeRoom: async (client, { rows, from, to }) => {
      if (rows > 0) await ensurePartitions(client, from, to);
    },
    copy: async (client, commit) => {
      await deleteEntries(client, commit.from, commit.to);
      if (commit.rows > 0) await copyAll(client, sql, commit);
    },
    merge: async (client, { from, to, rows }) => {
      if (rows > 0 && keepStates) await applyEntries(client, from, to);
    },
  };
}

function ttlWriter(): TableWriter {
  const sql = copyTtlSql();
  return {
    prepare: stageTtl,
    makeRoom: () => Promise.resolve(),
    copy: async (client, commit) => {
      if (commit.rows > 0) await copyAll(client, sql, commit);
    },
    merge: async (client, { rows }) => {
      if (rows > 0) await applyTtl(client);
    },
  };
}

async function copyAll(client: Client, sql: string, { rows, chunks, from, to }: Commit): Promise<void> {
  const copied = await copyIn(client, sql, chunks);
  if (copied === rows) return;
  const message = `PostgreSQL took ${copied} of the ${rows} rows of ledgers ${from} to ${to}`;
  throw new ProcessorError('INTERNAL', message, { ledger: from, lastLedger: to });
}
