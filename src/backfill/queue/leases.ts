/**
 * Who may commit a range: the machine that took it last, as long as it says often enough that it is alive.
 *
 * - Taking a range raises its token. The commit of a range finds its token unchanged, with the row locked, or fails.
 * - A lease that has run out is taken back by whichever machine sees it: the token is raised, the server's process that
 *   may still load the range is ended, so that its locks are free, and the range gets a new job.
 */
import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { inTransaction } from '../../postgres/in-transaction.js';
import { PostgresError } from '../../postgres/postgres-error.js';
import type { JobQueue, RetryPolicy } from './job-queue.js';

/** A range that takes down so many machines is given up. */
const MAX_LOSSES = 20;

export interface Lease {
  readonly plan: string;
  readonly firstLedger: number;
  readonly lastLedger: number;
  readonly job: string;
  /** A bigint in text. */
  readonly token: string;
  /** Number of the range in each of the plan's streams. */
  readonly partitions: readonly number[];
}

interface LeaseRow {
  readonly last_ledger: string;
  readonly token: string;
  readonly partitions: number[];
}

/** Undefined where the range is finished, or another job or machine has it. */
export async function takeLease(
  client: ClientBase,
  plan: string,
  { id, firstLedger }: { readonly id: string; readonly firstLedger: number },
  machine: string,
  leaseMs: number,
): Promise<Lease | undefined> {
  const { rows } = await client.query<LeaseRow>(
    `UPDATE contract_data.backfill_ranges SET token = token + 1, machine = $4, backend = NULL,
      leased_at = clock_timestamp(), leased_until = clock_timestamp() + $5 * interval '1 ms'
    WHERE plan = $1 AND first_ledger = $2 AND job = $3 AND finished_at IS NULL AND leased_until IS NULL
    RETURNING last_ledger, token, partitions`,
    [plan, firstLedger, id, machine, leaseMs],
  );
  const [row] = rows;
  return (
    row && {
      plan,
      firstLedger,
      lastLedger: Number(row.last_ledger),
      job: id,
      token: row.token,
      partitions: row.partitions,
    }
  );
}

/** Says which process of the server loads the range: the one behind `client`. */
export async function noteBackend(client: ClientBase, { plan, firstLedger, token }: Lease): Promise<void> {
  await client.query(
    'UPDATE contract_data.backfill_ranges SET backend = pg_backend_pid() WHERE plan = $1 AND first_ledger = $2 AND token = $3',
    [plan, firstLedger, token],
  );
}

/** Renews `leases`; resolves with those that are lost. */
export async function renewLeases(client: ClientBase, leases: readonly Lease[], leaseMs: number): Promise<Lease[]> {
  const { rows } = await client.query<{ first_ledger: string }>(
    `UPDATE contract_data.backfill_ranges r SET leased_until = clock_timestamp() + $4 * interval '1 ms'
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS held (plan, first_ledger, token)
    WHERE r.plan = held.plan AND r.first_ledger = held.first_ledger AND r.token = held.token AND r.leased_until IS NOT NULL
    RETURNING r.first_ledger`,
    [
      leases.map(({ plan }) => plan),
      leases.map(({ firstLedger }) => firstLedger),
      leases.map(({ token }) => token),
      leaseMs,
    ],
  );
  const renewed = new Set(rows.map(({ first_ledger: first }) => Number(first)));
  return leases.filter(({ firstLedger }) => !renewed.has(firstLedger));
}

/** Rows of the range, once it is finished: a commit may have worked though its answer was lost. */
export async function finishedRows(client: ClientBase, { plan, firstLedger }: Lease): Promise<number | undefined> {
  const { rows } = await client.query<{ row_count: string }>(
    'SELECT row_count FROM contract_data.backfill_ranges WHERE plan = $1 AND first_ledger = $2 AND finished_at IS NOT NULL',
    [plan, firstLedger],
  );
  return rows[0] && Number(rows[0].row_count);
}

/** In the transaction of a commit: nobody else takes the range until it ends. Throws STREAM_FENCED where somebody has. */
export async function holdLease(client: ClientBase, { plan, firstLedger, token }: Lease): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM contract_data.backfill_ranges
    WHERE plan = $1 AND first_ledger = $2 AND token = $3 AND finished_at IS NULL FOR UPDATE`,
    [plan, firstLedger, token],
  );
  if (rowCount === 1) return;
  throw new PostgresError('STREAM_FENCED', `the range from ledger ${firstLedger} on is another machine's now`);
}

/** Gives a range back as it was: another machine can take it at once. */
export async function returnLease(
  client: ClientBase,
  lease: Lease,
  queue: JobQueue,
  policy: RetryPolicy,
): Promise<void> {
  await inTransaction(client, async () => {
    const held = [lease.plan, lease.firstLedger, lease.token];
    const { rows } = await client.query<{ backend: number | null }>(
      `SELECT backend FROM contract_data.backfill_ranges
      WHERE plan = $1 AND first_ledger = $2 AND token = $3 AND finished_at IS NULL FOR UPDATE`,
      held,
    );
    if (rows[0] === undefined) return;
    await endBackend(client, rows[0].backend);
    const job = randomUUID();
    await client.query(
      `UPDATE contract_data.backfill_ranges SET token = token + 1, machine = NULL, leased_until = NULL, backend = NULL, job = $4
      WHERE plan = $1 AND first_ledger = $2 AND token = $3`,
      [...held, job],
    );
    await queue.remove(client, [lease.job]);
    await queue.add(client, [{ id: job, firstLedger: lease.firstLedger }], policy);
  });
}

interface LostRow {
  readonly first_ledger: string;
  readonly job: string;
  readonly machine: string | null;
  readonly backend: number | null;
  readonly losses: number;
}

/** Takes back what leases that ran out are for; resolves with how many there were. */
export async function takeBackLost(
  client: ClientBase,
  plan: string,
  queue: JobQueue,
  policy: RetryPolicy,
): Promise<number> {
  return await inTransaction(client, async () => {
    const { rows } = await client.query<LostRow>(
      `SELECT first_ledger, job, machine, backend, losses FROM contract_data.backfill_ranges
      WHERE plan = $1 AND finished_at IS NULL AND leased_until < clock_timestamp()
      ORDER BY first_ledger FOR UPDATE SKIP LOCKED`,
      [plan],
    );
    for (const lost of rows) await takeBack(client, plan, lost, queue, policy);
    return rows.length;
  });
}

async function takeBack(
  client: ClientBase,
  plan: string,
  lost: LostRow,
  queue: JobQueue,
  policy: RetryPolicy,
): Promise<void> {
  await endBackend(client, lost.backend);
  const isGivenUp = lost.losses + 1 >= MAX_LOSSES;
  const job = randomUUID();
  await client.query(
    `UPDATE contract_data.backfill_ranges SET token = token + 1, machine = NULL, leased_until = NULL, backend = NULL,
      losses = losses + 1, job = $3, error_code = CASE WHEN $4 THEN 'WORKER_CRASHED' ELSE error_code END,
      error = CASE WHEN $4 THEN $5 ELSE error END, failed_at = CASE WHEN $4 THEN now() END
    WHERE plan = $1 AND first_ledger = $2`,
    [
      plan,
      lost.first_ledger,
      job,
      isGivenUp,
      `${MAX_LOSSES} machines were lost while they made it, ${String(lost.machine)} last`,
    ],
  );
  await queue.remove(client, [lost.job]);
  if (isGivenUp) return;
  await queue.add(client, [{ id: job, firstLedger: Number(lost.first_ledger) }], policy);
}

/** Ends what may still be loading a range, so that its locks are free; only a process of ours, if somebody else has its number now. */
async function endBackend(client: ClientBase, backend: number | null): Promise<void> {
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid = $1 AND pid <> pg_backend_pid() AND usename = current_user AND datname = current_database()
      AND application_name = current_setting('application_name')`,
    [backend],
  );
}
