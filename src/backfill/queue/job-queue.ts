/**
 * The queue: pg-boss, in a schema of its own. It orders jobs, gives each to one machine, waits longer before each new
 * attempt, and keeps those that failed too often as dead letters. Who may commit is decided elsewhere (leases.ts):
 * pg-boss 10 completes a job for whoever knows its id.
 */
import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import PgBoss from 'pg-boss';

const SCHEMA = 'contract_data_queue';
/** pg-boss would take a job away after this, whether its machine is at work or not; the longest it allows. */
const EXPIRE_SECONDS = 23 * 3600;
const KEEP_MS = 10 * 365 * 86_400_000;

export interface RetryPolicy {
  /** Attempts after the first one. */
  readonly retries: number;
  /** Before the first of them, doubled for each other. */
  readonly delayMs: number;
}

export interface RangeJob {
  readonly id: string;
  readonly firstLedger: number;
}

interface JobData {
  readonly first_ledger: number;
}

export class JobQueue {
  private readonly boss: PgBoss;
  private readonly name: string;

  /** The queue of `plan`. */
  constructor(plan: string) {
    // Each call says which client it is for.
    this.boss = bossOn({ executeSql: () => Promise.reject(new Error('no client given')) });
    this.name = `backfill_${createHash('sha256').update(plan).digest('hex').slice(0, 16)}`;
  }

  /** Sets it up in the database, or finds it there. Not in a transaction. */
  async open(client: ClientBase): Promise<void> {
    const boss = bossOn(within(client).db);
    await boss.start();
    await boss.createQueue(this.deadLetters);
    await boss.createQueue(this.name, { name: this.name, deadLetter: this.deadLetters });
  }

  /** Ranges with lower ledgers come first. */
  async add(client: ClientBase, jobs: readonly RangeJob[], { retries, delayMs }: RetryPolicy): Promise<void> {
    const keepUntil = new Date(Date.now() + KEEP_MS);
    const inserts = jobs.map(({ id, firstLedger }) => ({
      id,
      name: this.name,
      data: { first_ledger: firstLedger } satisfies JobData,
      priority: -Math.floor(firstLedger / 2),
      retryLimit: retries,
      retryDelay: Math.ceil(delayMs / 1000),
      retryBackoff: true,
      expireInSeconds: EXPIRE_SECONDS,
      keepUntil,
    }));
    if (inserts.length > 0) await this.boss.insert(inserts, within(client));
  }

  /** A job for this machine; undefined where none is due. */
  async take(client: ClientBase): Promise<RangeJob | undefined> {
    const [job] = await this.boss.fetch<JobData>(this.name, { ...within(client), batchSize: 1 });
    return job && { id: job.id, firstLedger: job.data.first_ledger };
  }

  async complete(client: ClientBase, id: string): Promise<void> {
    await this.boss.complete(this.name, id, {}, within(client));
  }

  /** It is tried again later, or becomes a dead letter. Resolves with whether it does the latter. */
  async fail(client: ClientBase, id: string, reason: object): Promise<boolean> {
    await this.boss.fail(this.name, id, reason, within(client));
    const job = await this.boss.getJobById(this.name, id, { ...within(client), includeArchive: false });
    return job?.state === 'failed';
  }

  /** Forgets a job, in whatever state it is. */
  async remove(client: ClientBase, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.boss.deleteJob(this.name, [...ids], within(client));
  }

  private get deadLetters(): string {
    return `${this.name}_failed`;
  }
}

/** In the transaction that `client` is in. */
function within(client: ClientBase): { readonly db: PgBoss.Db } {
  return { db: { executeSql: (text, values) => client.query(text, values as unknown[]) } };
}

function bossOn(db: PgBoss.Db): PgBoss {
  // What it does in the background is to expire jobs, which leases do here, and to tidy up what is small.
  const boss = new PgBoss({ db, schema: SCHEMA, supervise: false, schedule: false });
  // What fails is told by the call that fails.
  boss.on('error', () => undefined);
  return boss;
}
