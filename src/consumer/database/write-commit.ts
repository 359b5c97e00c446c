/**
 * One commit as one transaction: rows, what is kept of them, and how far the stream has come, all or nothing.
 *
 *   contract_data: BEGIN · advance · gaps · delete the ledgers · COPY into entries · current_states · COMMIT
 *   ttl:           BEGIN · advance · gaps · COPY into the staging table · ttl                        · COMMIT
 *
 * The advance comes first: it holds the stream's progress row, and finds out that another consumer has taken the stream
 * over before anything else is touched.
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
  /** In the transaction, behind the advance. */
  load(client: Client, commit: Commit): Promise<void>;
}

/** `keepStates` false leaves current_states alone: what it costs is measured that way. */
export function tableWriter(table: TableName, keepStates = true): TableWriter {
  return table === 'ttl' ? ttlWriter() : entriesWriter(keepStates);
}

export async function writeCommit(
  client: Client,
  claim: StreamClaim,
  partition: number,
  commit: Commit,
  writer: TableWriter,
): Promise<void> {
  const { from, to, gaps } = commit;
  await writer.makeRoom(client, commit);
  await client.query('BEGIN');
  await advance(client, claim, partition, from - 1, to);
  await recordGaps(client, claim, from, to, gaps);
  await writer.load(client, commit);
  await client.query('COMMIT');
}

function entriesWriter(keepStates: boolean): TableWriter {
  const sql = copyEntriesSql();
  return {
    prepare: () => Promise.resolve(),
    makeRoom: async (client, { rows, from, to }) => {
      if (rows > 0) await ensurePartitions(client, from, to);
    },
    load: async (client, commit) => {
      const { from, to, rows } = commit;
      await deleteEntries(client, from, to);
      if (rows === 0) return;
      await copyAll(client, sql, commit);
      if (keepStates) await applyEntries(client, from, to);
    },
  };
}

function ttlWriter(): TableWriter {
  const sql = copyTtlSql();
  return {
    prepare: stageTtl,
    makeRoom: () => Promise.resolve(),
    load: async (client, commit) => {
      if (commit.rows === 0) return;
      await copyAll(client, sql, commit);
      await applyTtl(client);
    },
  };
}

async function copyAll(client: Client, sql: string, { rows, chunks, from, to }: Commit): Promise<void> {
  const copied = await copyIn(client, sql, chunks);
  if (copied === rows) return;
  const message = `PostgreSQL took ${copied} of the ${rows} rows of ledgers ${from} to ${to}`;
  throw new ProcessorError('INTERNAL', message, { ledger: from, lastLedger: to });
}
