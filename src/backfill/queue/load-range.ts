/**
 * One range as one transaction: its rows, how far the streams have come, its place in the plan and its job, all or
 * nothing.
 *
 *   BEGIN · delete the ledgers · COPY into one table and another, as their rows come · current states ·
 *   lease held? · advance · gaps · finished · job · COMMIT
 *
 * The lease comes behind the rows, so that no lock that others wait for is held while they are loaded. That is safe: who
 * has lost the lease cannot pass it, and its rows go with its transaction.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client, ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { arrowSchema, selectColumns } from '../../../workers/columns/tables.js';
import { ProcessorError } from '../../../workers/errors.js';
import { encodeSchema, wholeBatch } from '../../../workers/ipc.js';
import type { DecodeRequest } from '../../../workers/request.js';
import { COPY_HEADER, COPY_TRAILER, CopyEncoder } from '../../consumer/copy/copy-encoder.js';
import { decodeSchema, tablePlan } from '../../consumer/copy/table-plan.js';
import { applyEntries } from '../../postgres/commit/apply-entries.js';
import { applyTtl, stageTtl } from '../../postgres/commit/apply-ttl.js';
import { copyEntriesSql, copyTtlSql } from '../../postgres/commit/copy-sql.js';
import { deleteEntries } from '../../postgres/commit/delete-entries.js';
import { ensurePartitions } from '../../postgres/commit/ensure-partitions.js';
import { inTransaction } from '../../postgres/in-transaction.js';
import { advance } from '../../postgres/progress/advance.js';
import { recordGaps } from '../../postgres/progress/record-gaps.js';
import type { RangeBatch } from '../range-batch.js';
import type { RangeReader } from '../range-reader.js';
import type { Tally } from '../tally.js';
import type { JobQueue } from './job-queue.js';
import { holdLease, type Lease, noteBackend } from './leases.js';
import type { StoredPlan } from './stored-plan.js';

/** Encoded batches that wait for the server to take them, of some 2 MiB each. */
const COPY_CHUNKS_AHEAD = 2;

export interface LoadRangeParts {
  readonly reader: RangeReader;
  readonly queue: JobQueue;
  readonly plan: StoredPlan;
  /** For each of the plan's requests, which read the same ledgers together. */
  readonly tallies: readonly Tally[];
}

/** Throws STREAM_FENCED where the range is another machine's now. */
export async function loadRange(
  client: Client,
  lease: Lease,
  parts: LoadRangeParts,
  signal: AbortSignal,
): Promise<void> {
  const { plan, queue, tallies } = parts;
  const { firstLedger, lastLedger } = lease;
  await noteBackend(client, lease);
  await ensurePartitions(client, firstLedger, lastLedger);
  await stageTtl(client);
  await inTransaction(client, async () => {
    await loadTables(client, lease, parts, signal);
    signal.throwIfAborted();
    await holdLease(client, lease);
    for (const [i, claim] of plan.claims.entries()) {
      const held = { ...claim, partitions: [] };
      await advance(client, held, lease.partitions[i]!, firstLedger - 1, lastLedger);
      await recordGaps(client, held, firstLedger, lastLedger, tallies[i]!.gapList);
    }
    await noteFinished(client, lease, tallies);
    await queue.complete(client, lease.job);
  });
}

/** Loads the rows of all tables; of each as many as its tally has counted. */
async function loadTables(
  client: Client,
  { firstLedger, lastLedger }: Lease,
  { reader, plan, tallies }: LoadRangeParts,
  signal: AbortSignal,
): Promise<void> {
  const wanted = plan.requests.map((request, i) => ({ request, observer: tallies[i]! }));
  const tables = plan.requests.map((request) => new LoadedTable(request));
  if (tables.some(({ isTtl }) => !isTtl)) await deleteEntries(client, firstLedger, lastLedger);
  const batches = reader.batches({ startLedger: firstLedger, endLedger: lastLedger }, wanted, signal);
  try {
    let next = await batches.next();
    while (next.done !== true) next = await tables[next.value.table]!.copy(client, next.value, batches);
  } finally {
    await batches.return();
  }
  for (const [i, table] of tables.entries()) {
    const { rows } = tallies[i]!.counts;
    if (table.rows !== rows) {
      const message = `PostgreSQL took ${table.rows} of the ${rows} rows of ledgers ${firstLedger} to ${lastLedger}`;
      throw new ProcessorError('INTERNAL', message, { ledger: firstLedger, lastLedger });
    }
    if (table.isTtl) await applyTtl(client);
    else await applyEntries(client, firstLedger, lastLedger);
  }
}

class LoadedTable {
  readonly isTtl: boolean;
  /** That the server has taken. */
  rows = 0;
  private readonly encoder: CopyEncoder;

  constructor(request: DecodeRequest) {
    this.isTtl = request.table === 'ttl';
    const columns = selectColumns(request.table, request.columns);
    const schema = decodeSchema(encodeSchema(arrowSchema(request)));
    this.encoder = new CopyEncoder(tablePlan(schema, request.table, columns));
  }

  /**
   * One COPY of `first` and the batches of this table that follow it; resolves with what comes then. A connection does one
   * COPY at a time, and the rows of one table must not wait in memory for those of another.
   */
  async copy(
    client: Client,
    first: RangeBatch,
    batches: AsyncIterator<RangeBatch, void, undefined>,
  ): Promise<IteratorResult<RangeBatch, void>> {
    let next: IteratorResult<RangeBatch, void> = { done: false, value: first };
    const { encoder } = this;
    async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
      yield COPY_HEADER;
      while (next.done !== true && next.value.table === first.table) {
        const { message, firstLedger, lastLedger, release } = next.value;
        const { bytes } = encoder.encode(wholeBatch(message), { first: firstLedger, last: lastLedger });
        release();
        yield bytes;
        next = await batches.next();
      }
      yield COPY_TRAILER;
    }
    const copy = client.query(copyFrom(this.isTtl ? copyTtlSql() : copyEntriesSql()));
    await pipeline(Readable.from(chunks(), { highWaterMark: COPY_CHUNKS_AHEAD }), copy);
    this.rows += copy.rowCount;
    return next;
  }
}

async function noteFinished(
  client: ClientBase,
  { plan, firstLedger, lastLedger }: Lease,
  tallies: readonly Tally[],
): Promise<void> {
  const rows = tallies.reduce((sum, { counts }) => sum + counts.rows, 0);
  // The tables are made of the same ledgers.
  const hashes = tallies[0]?.endHashes({ startLedger: firstLedger, endLedger: lastLedger });
  await client.query(
    `UPDATE contract_data.backfill_ranges SET finished_at = clock_timestamp(), leased_until = NULL, backend = NULL,
      error_code = NULL, error = NULL, row_count = $3, ledger_bytes = $4, first_ledger_hash = $5, last_ledger_hash = $6
    WHERE plan = $1 AND first_ledger = $2`,
    [plan, firstLedger, rows, tallies[0]?.counts.ledgerBytes ?? 0, hashes?.first_ledger_hash, hashes?.last_ledger_hash],
  );
}
