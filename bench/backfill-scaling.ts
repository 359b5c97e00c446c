/**
 * How a planned backfill scales: one plan in an embedded PostgreSQL, worked on by one process and by two.
 *
 *   lake in a folder -> process ─┐
 *   lake in a folder -> process ─┴─> embedded PostgreSQL
 *
 * Every sample begins with a copy of the planned database, and lasts from the first range that is taken to the last that
 * is committed. All share this machine's cores, the server too, which machines of their own would not.
 */
import { alignedRanges } from '../src/backfill/aligned-ranges.js';
import { planRanges } from '../src/backfill/queue/plan-ranges.js';
import { openPlanSession } from '../src/backfill/queue/plan-session.js';
import { BACKFILL_BATCH_ROWS } from '../src/backfill/range-reader.js';
import { loadBackfillConfig } from '../src/config/backfill-config.js';
import { connect } from '../src/postgres/connection/connect.js';
import { targetOfUrl } from '../src/postgres/connection/database-target.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/postgres/embedded/embedded-postgres.js';
import { parseRowRequest } from '../src/request/row-request.js';
import type { ScalingReport } from './backfill-scaling-report.js';
import type { WorkReply, WorkRequest } from './backfill-worker.js';
import { Child } from './processes/child.js';
import { spreadOf } from './spread.js';

export interface ScalingPlan {
  readonly lake: string;
  readonly networkPassphrase: string;
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
  readonly samples: number;
}

interface Way {
  readonly rows: string;
  /** Of the contract data; deletions are asked for by name, as the command does. */
  readonly filters: object;
}

type Machine = Child<WorkRequest, WorkReply>;

interface Sample {
  readonly seconds: number;
  readonly rows: number;
  /** Processor seconds per second of all machines, without the server. */
  readonly cores: number;
}

const MACHINES = 2;
const RANGES = 8;
const SMALLEST_RANGE = 4;

export async function benchScaling(plan: ScalingPlan, report: ScalingReport): Promise<void> {
  const { first, last, samples } = plan;
  const ledgers = last - first + 1;
  const rangeLedgers = Math.max(SMALLEST_RANGE, Math.ceil(ledgers / RANGES));
  const ways: Way[] = [
    { rows: 'all', filters: {} },
    { rows: 'none: decoding and the queue alone', filters: { modified_after_ledger: last } },
  ];
  // One sample proves only that it runs.
  const isProof = samples === 1;
  const postgres = await startEmbeddedPostgres();
  const machines: Machine[] = [];
  try {
    while (machines.length < MACHINES) {
      machines.push(await Child.start(new URL('./backfill-worker.js', import.meta.url), []));
    }
    report.describe(ledgers, rangeLedgers);
    for (const [i, way] of ways.slice(0, isProof ? 1 : undefined).entries()) {
      const template = `planned_${i}`;
      await planInto(withDatabase(postgres, template), way, plan, rangeLedgers);
      // In the first run of a process code is being optimised.
      if (i === 0 && !isProof) await workOn(postgres, template, machines, plan);
      const taken = machines.map((): Sample[] => []);
      for (let round = 0; round < samples; round += 1) {
        for (const [at, of] of taken.entries()) {
          of.push(await workOn(postgres, template, machines.slice(0, at + 1), plan));
        }
      }
      const rates = taken.map((of) => spreadOf(of.map(({ seconds }) => ledgers / seconds)));
      for (const [at, ledgersPerSecond] of rates.entries()) {
        report.add({
          rows: way.rows,
          machines: at + 1,
          ledgersPerSecond,
          contractsPerSecond: (ledgersPerSecond.median * taken[at]![0]!.rows) / ledgers,
          ofOne: ledgersPerSecond.median / rates[0]!.median,
          cores: spreadOf(taken[at]!.map(({ cores }) => cores)).median,
        });
      }
    }
  } finally {
    for (const machine of machines) machine.stop();
    await postgres.stop();
  }
}

/** Makes the database and plans the ledgers in it, as `backfill plan` does. */
async function planInto(
  database: string,
  { filters }: Way,
  { lake, networkPassphrase, first, last }: ScalingPlan,
  rangeLedgers: number,
): Promise<void> {
  await createDatabase(database, 'template0');
  const session = openPlanSession(loadBackfillConfig({ flags: {}, env: { DATABASE_URL: database } }).values);
  const { plan, control, queue, policy } = session;
  const request = { table: 'contract_data', filters: { include_deleted: true, ...filters } };
  const requests = [parseRowRequest(request, networkPassphrase, BACKFILL_BATCH_ROWS)];
  const ranges = alignedRanges(first, last, rangeLedgers);
  try {
    await control.use((client) =>
      planRanges(client, queue, policy, { plan, source: lake, streamSource: lake, requests, ranges }),
    );
  } finally {
    await session.close();
  }
}

/** One sample: `machines` make all ranges of the plan that `template` has, in a copy of it. */
async function workOn(
  postgres: EmbeddedPostgres,
  template: string,
  machines: readonly Machine[],
  { lake, networkPassphrase, first, last }: ScalingPlan,
): Promise<Sample> {
  const database = withDatabase(postgres, 'sample');
  await createDatabase(database, template);
  const replies = await Promise.all(
    machines.map((machine, i) => machine.ask({ lake, networkPassphrase, database, machine: `machine ${i + 1}` })),
  );
  const client = await connect(targetOfUrl(database));
  try {
    const { rows } = await client.query<{ seconds: number; rows: number; ledgers: number }>(
      `SELECT extract(epoch FROM max(finished_at) - min(leased_at))::float AS seconds, sum(row_count)::float AS rows,
        sum(last_ledger - first_ledger + 1) FILTER (WHERE finished_at IS NOT NULL)::float AS ledgers
      FROM contract_data.backfill_ranges`,
    );
    const { seconds, rows: rowCount, ledgers } = rows[0]!;
    const made = replies.reduce((sum, reply) => sum + reply.ledgers, 0);
    if (ledgers !== last - first + 1 || made !== ledgers) {
      throw new Error(`${made} ledgers made and ${ledgers} noted, ${last - first + 1} planned`);
    }
    const cpuMs = replies.reduce((sum, reply) => sum + reply.cpuMs, 0);
    return { seconds, rows: rowCount, cores: cpuMs / 1000 / seconds };
  } finally {
    await client.end();
  }
}

function withDatabase({ url }: EmbeddedPostgres, name: string): string {
  return url.replace(/postgres$/, name);
}

/** In place of the one of this name, if there is one. */
async function createDatabase(url: string, template: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const admin = await connect({ ...targetOfUrl(url), database: 'postgres' });
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    await admin.query('CHECKPOINT');
  } finally {
    await admin.end();
  }
}
