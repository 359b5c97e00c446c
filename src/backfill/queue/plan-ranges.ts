/**
 * Puts the ranges of a backfill into the queue. May be done again: with the same request it changes nothing but that
 * ranges which failed are tried again; with more ledgers it adds ranges.
 */
import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { ProcessorError } from '../../../workers/errors.js';
import type { DecodeRequest } from '../../../workers/request.js';
import { inTransaction } from '../../postgres/in-transaction.js';
import { addPartitions } from '../../postgres/progress/add-partitions.js';
import { claimStream, type StreamClaim, type StreamPartition } from '../../postgres/progress/claim-stream.js';
import { migrate } from '../../postgres/schema/migrate.js';
import type { LedgerRange } from '../../source/ledger-source.js';
import { rowFacts } from '../row-facts.js';
import { createBackfillTables } from './backfill-tables.js';
import type { JobQueue, RetryPolicy } from './job-queue.js';

/** Unless it is given a name. */
export const DEFAULT_PLAN = 'backfill';

export interface WantedPlan {
  readonly plan: string;
  /** Address of the data lake. */
  readonly source: string;
  /** Where the rows come from, as the streams are to remember it. */
  readonly streamSource: string;
  /** One for each table. */
  readonly requests: readonly DecodeRequest[];
  readonly ranges: readonly LedgerRange[];
}

export interface Planned {
  readonly added: number;
  /** Of ranges that were there and had failed. */
  readonly triedAgain: number;
}

/** What workers need to know of a stream's claim. */
export type StoredClaim = Pick<StreamClaim, 'streamId' | 'table' | 'name' | 'epoch'>;

/** Not in a transaction. Throws STREAM_MISMATCH where the tables hold other rows, REQUEST_INVALID for ranges cut otherwise. */
export async function planRanges(
  client: ClientBase,
  queue: JobQueue,
  policy: RetryPolicy,
  wanted: WantedPlan,
): Promise<Planned> {
  const { plan, streamSource, requests, ranges } = wanted;
  await migrate(client);
  await createBackfillTables(client);
  await queue.open(client);
  const claims: StreamClaim[] = [];
  const partitions: Map<number, StreamPartition>[] = [];
  for (const request of requests) {
    const facts = { ...rowFacts(request), source: streamSource };
    const claim = await claimStream(client, { table: request.table, name: plan, facts });
    claims.push(claim);
    partitions.push(await withRanges(client, claim, ranges));
  }
  return await inTransaction(client, async () => {
    await storePlan(client, wanted, claims);
    const added = await storeRanges(client, wanted, partitions);
    const failed = await reviveFailed(client, plan);
    await queue.add(client, [...added, ...failed], policy);
    return { added: added.length, triedAgain: failed.length };
  });
}

/** The stream's partitions by first ledger, after those of `ranges` were added that it lacked. */
async function withRanges(
  client: ClientBase,
  claim: StreamClaim,
  ranges: readonly LedgerRange[],
): Promise<Map<number, StreamPartition>> {
  const held = new Map(claim.partitions.map((partition) => [partition.firstLedger, partition]));
  const missing = ranges.filter(({ startLedger, endLedger }) => held.get(startLedger)?.endLedger !== endLedger);
  const inOrder = [...claim.partitions].sort((a, b) => a.firstLedger - b.firstLedger);
  for (const range of missing) refuseOverlap(claim, inOrder, range);
  const wanted = missing.map(({ startLedger, endLedger }) => ({ firstLedger: startLedger, endLedger }));
  for (const added of await addPartitions(client, claim, wanted)) held.set(added.firstLedger, added);
  return held;
}

function refuseOverlap({ name }: StreamClaim, held: readonly StreamPartition[], range: LedgerRange): void {
  const { startLedger, endLedger } = range;
  const other = held.find(
    ({ firstLedger, endLedger: last = Infinity }) => firstLedger <= endLedger && last >= startLedger,
  );
  if (other === undefined) return;
  const message =
    `ledgers ${startLedger} to ${endLedger} overlap ${other.firstLedger} to ${other.endLedger ?? 'the newest'}, a range ` +
    `that stream ${name} has: the same --range-ledgers expected, and --start and --end at multiples of it, or another STREAM_NAME`;
  throw new ProcessorError('REQUEST_INVALID', message, { ledger: startLedger, lastLedger: endLedger });
}

async function storePlan(
  client: ClientBase,
  { plan, source, requests }: WantedPlan,
  claims: readonly StreamClaim[],
): Promise<void> {
  const stored = claims.map(({ streamId, table, name, epoch }): StoredClaim => ({ streamId, table, name, epoch }));
  await client.query(
    `INSERT INTO contract_data.backfill_plans (plan, source, requests, claims) VALUES ($1, $2, $3, $4)
    ON CONFLICT (plan) DO UPDATE SET source = excluded.source, requests = excluded.requests, claims = excluded.claims,
      planned_at = now()`,
    [plan, source, JSON.stringify(requests), JSON.stringify(stored)],
  );
}

interface PlannedJob {
  readonly id: string;
  readonly firstLedger: number;
}

async function storeRanges(
  client: ClientBase,
  { plan, ranges }: WantedPlan,
  partitions: readonly Map<number, StreamPartition>[],
): Promise<PlannedJob[]> {
  const jobs: PlannedJob[] = [];
  for (const { startLedger, endLedger } of ranges) {
    const id = randomUUID();
    const numbers = partitions.map((of) => of.get(startLedger)!.partition);
    const { rowCount } = await client.query(
      `INSERT INTO contract_data.backfill_ranges (plan, first_ledger, last_ledger, partitions, job) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT DO NOTHING`,
      [plan, startLedger, endLedger, numbers, id],
    );
    if (rowCount === 1) jobs.push({ id, firstLedger: startLedger });
  }
  return jobs;
}

async function reviveFailed(client: ClientBase, plan: string): Promise<PlannedJob[]> {
  const { rows } = await client.query<{ job: string; first_ledger: string }>(
    `UPDATE contract_data.backfill_ranges SET job = gen_random_uuid(), failed_at = NULL, failures = 0, losses = 0
    WHERE plan = $1 AND failed_at IS NOT NULL RETURNING job, first_ledger`,
    [plan],
  );
  return rows.map(({ job, first_ledger: first }) => ({ id: job, firstLedger: Number(first) }));
}
