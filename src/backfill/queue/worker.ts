/**
 * One machine's part in a plan: takes ranges from the queue, several side by side, until none is left.
 *
 * - A range that fails goes back to the queue, which waits longer each time; one that fails too often is given up, with
 *   the reason. The others go on.
 * - A failure of the database is nobody's: the range is made again here, as long as it is this machine's.
 * - What would fail any range, such as a wrong passphrase, ends the worker; its ranges are given back.
 * - Whoever finds nothing to do looks for ranges whose machine was lost, and waits: others may still fail.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { asProcessorError, type ProcessorError } from '../../../workers/errors.js';
import { LaneConnection } from '../../consumer/database/lane-connection.js';
import { databaseRefused, databaseUnavailable } from '../../consumer/database/database-failure.js';
import { Patience } from '../../consumer/patience.js';
import { isTransient } from '../../postgres/connection/transient.js';
import type { DatabaseTarget } from '../../postgres/connection/database-target.js';
import { inTransaction } from '../../postgres/in-transaction.js';
import { isRangeFault } from '../range-fault.js';
import type { RangeReader } from '../range-reader.js';
import { type Counts, Tally } from '../tally.js';
import { BACKFILL_BACKOFF, type ControlConnection } from './control-connection.js';
import { HeldLeases } from './held-leases.js';
import type { JobQueue, RetryPolicy } from './job-queue.js';
import { finishedRows, type Lease, returnLease, takeBackLost, takeLease } from './leases.js';
import { loadRange } from './load-range.js';
import { openRanges, readPlan, type StoredPlan } from './stored-plan.js';

export interface WorkerOptions {
  readonly plan: string;
  /** In `backfill status`. */
  readonly machine: string;
  readonly target: DatabaseTarget;
  readonly control: ControlConnection;
  readonly queue: JobQueue;
  readonly policy: RetryPolicy;
  readonly reader: RangeReader;
  readonly atOnce: number;
  readonly leaseMs: number;
  /** Grows with each ledger that is decoded, of the first table. */
  readonly total: Counts;
  readonly observer: WorkerObserver;
}

export interface WorkerObserver {
  made(lease: Lease, rows: number): void;
  failed(lease: Lease, error: ProcessorError, isGivenUp: boolean): void;
  /** It is another machine's, or this one gave it back. */
  lost(lease: Lease, reason: string): void;
}

const POLL_MS = 1000;
const MAX_DATABASE_RETRIES = 10;

/** Resolves when no range of the plan is left to make. When `signal` aborts, gives back what is at work, and throws its reason. */
export async function work(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const { control, leaseMs, atOnce } = options;
  const leases = new HeldLeases(control, leaseMs);
  const broken = new AbortController();
  const either = AbortSignal.any([signal, broken.signal]);
  try {
    const lanes = Array.from({ length: atOnce }, () =>
      lane(options, leases, either).catch((error: unknown) => broken.abort(error)),
    );
    await Promise.all(lanes);
  } finally {
    leases.close();
  }
  if (broken.signal.aborted) throw broken.signal.reason;
}

async function lane(options: WorkerOptions, leases: HeldLeases, signal: AbortSignal): Promise<void> {
  const { plan, control, queue, policy, machine, leaseMs } = options;
  const connection = new LaneConnection(options.target);
  try {
    for (;;) {
      signal.throwIfAborted();
      const taken = await control.insist('taking a range', signal, (client) =>
        // One transaction: a job that is taken without a lease would be nobody's.
        inTransaction(client, async () => {
          const job = await queue.take(client);
          const lease = job && (await takeLease(client, plan, job, machine, leaseMs));
          if (job !== undefined && lease === undefined) await queue.remove(client, [job.id]);
          return lease ?? (job === undefined ? 'none' : 'stale');
        }),
      );
      if (taken === 'stale') continue;
      if (taken !== 'none') {
        await makeRange(taken, connection, options, leases, signal);
        continue;
      }
      const isLeft = await control.insist('looking for lost ranges', signal, async (client) => {
        await takeBackLost(client, plan, queue, policy);
        return (await openRanges(client, plan)) > 0;
      });
      if (!isLeft) return;
      await sleep(POLL_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await connection.close();
  }
}

async function makeRange(
  lease: Lease,
  connection: LaneConnection,
  options: WorkerOptions,
  leases: HeldLeases,
  signal: AbortSignal,
): Promise<void> {
  const { control, queue, policy, observer } = options;
  const lost = leases.hold(lease);
  // A statement that the server is at would be waited for.
  const cut = (): void => void connection.close();
  signal.addEventListener('abort', cut, { once: true });
  try {
    const rows = await loadInsistently(lease, connection, options, AbortSignal.any([signal, lost]));
    observer.made(lease, rows);
  } catch (error) {
    leases.letGo(lease);
    const failure = asProcessorError(error);
    const isOfTheRange = isRangeFault(failure) || failure.code === 'INTERNAL' || failure.code === 'STREAM_FENCED';
    if (signal.aborted || !isOfTheRange) {
      // Where that fails, the lease runs out.
      await control.use((client) => returnLease(client, lease, queue, policy)).catch(() => undefined);
      throw signal.aborted ? signal.reason : failure;
    }
    if (lost.aborted || failure.code === 'STREAM_FENCED') {
      observer.lost(lease, failure.message);
      // The plan may have been made again, which leaves the range with this machine: then it is anybody's.
      await control.insist('giving a range back', signal, (client) => returnLease(client, lease, queue, policy));
      return;
    }
    const isGivenUp = await control.insist('noting a failure', signal, (client) =>
      noteFailure(lease, failure, options, client),
    );
    observer.failed(lease, failure, isGivenUp);
  } finally {
    leases.letGo(lease);
    signal.removeEventListener('abort', cut);
  }
}

/** Resolves with the rows of all tables. */
async function loadInsistently(
  lease: Lease,
  connection: LaneConnection,
  { reader, queue, total, control, plan: name }: WorkerOptions,
  signal: AbortSignal,
): Promise<number> {
  const patience = new Patience({
    maxRetries: MAX_DATABASE_RETRIES,
    backoff: BACKFILL_BACKOFF,
    onRetry: () => undefined,
  });
  for (;;) {
    // A plan that was made again has other claims.
    const plan: StoredPlan = await control.insist('reading the plan', signal, (client) => readPlan(client, name));
    const tallies = plan.requests.map((_, i) => new Tally(i === 0 ? total : { ledgers: 0, rows: 0, ledgerBytes: 0 }));
    const before = await control.insist('reading a range', signal, (client) => finishedRows(client, lease));
    if (before !== undefined) return before;
    try {
      await connection.use((client) => loadRange(client, lease, { reader, queue, plan, tallies }, signal));
      return tallies.reduce((sum, { counts }) => sum + counts.rows, 0);
    } catch (error) {
      for (const tally of tallies) tally.forget();
      signal.throwIfAborted();
      const what = `ledgers ${lease.firstLedger} to ${lease.lastLedger}`;
      if (!isTransient(error)) throw databaseRefused(error, what);
      if (!(await patience.waitAfter(error, signal))) throw databaseUnavailable(error, what);
    }
  }
}

async function noteFailure(
  { plan, firstLedger, token, job }: Lease,
  { code, message }: ProcessorError,
  { queue }: WorkerOptions,
  client: Parameters<Parameters<ControlConnection['use']>[0]>[0],
): Promise<boolean> {
  return await inTransaction(client, async () => {
    const { rowCount } = await client.query(
      `UPDATE contract_data.backfill_ranges SET token = token + 1, leased_until = NULL, backend = NULL,
        failures = failures + 1, error_code = $4, error = $5
      WHERE plan = $1 AND first_ledger = $2 AND token = $3 AND finished_at IS NULL`,
      [plan, firstLedger, token, code, message],
    );
    if (rowCount !== 1) return false;
    const isGivenUp = await queue.fail(client, job, { code, message });
    if (isGivenUp) {
      await client.query(
        'UPDATE contract_data.backfill_ranges SET failed_at = now() WHERE plan = $1 AND first_ledger = $2',
        [plan, firstLedger],
      );
    }
    return isGivenUp;
  });
}
