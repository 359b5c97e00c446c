/**
 * Into PostgreSQL: `consume` against the same COPY bytes from a file, into the same table.
 *
 *   source process -> service process ─┬─> consumer process ─┐
 *      Flight server with kept batches ─┘                    ├─> embedded PostgreSQL
 *                              file ──────> copying process ─┘
 *
 * Samples take turns. Every one begins with empty tables and ends when all rows are committed.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { copyEntriesSql } from '../src/postgres/commit/copy-sql.js';
import { ensurePartitions } from '../src/postgres/commit/ensure-partitions.js';
import { connect } from '../src/postgres/connection/connect.js';
import { targetOfUrl } from '../src/postgres/connection/database-target.js';
import { startEmbeddedPostgres } from '../src/postgres/embedded/embedded-postgres.js';
import { migrate } from '../src/postgres/schema/migrate.js';
import type { ConsumeReport } from './consume-report.js';
import { Bench } from './processes/bench.js';
import { Child } from './processes/child.js';
import type { ConsumerReply, ConsumerRequest } from './processes/consumer.js';
import type { KeptFlight } from './processes/kept-flight.js';
import { spreadOf } from './spread.js';

export interface ConsumePlan {
  readonly ledgers: number;
  readonly samples: number;
}

/** Code is being optimised in the first round, and the server's memory filled. */
const WARM_UP_ROUNDS = 1;

const EMPTY_TABLES = `TRUNCATE contract_data.entries, contract_data.current_states, contract_data.ttl;
  DELETE FROM contract_data.ingestion_streams`;

interface Way {
  readonly name: string;
  readonly load: () => Promise<Pick<ConsumerReply, 'rows' | 'elapsedMs'> & Partial<ConsumerReply>>;
  readonly samples: (Pick<ConsumerReply, 'rows' | 'elapsedMs'> & Partial<ConsumerReply>)[];
}

export async function benchConsume(plan: ConsumePlan, report: ConsumeReport): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'contract-data-bench-'));
  const file = join(folder, 'rows.copy');
  const bench = await Bench.start(plan.ledgers);
  const postgres = await startEmbeddedPostgres();
  const children: { stop(): void }[] = [];
  const child = async (): Promise<Child<ConsumerRequest, ConsumerReply>> => {
    const started: Child<ConsumerRequest, ConsumerReply> = await Child.start(
      new URL('./processes/consumer.js', import.meta.url),
      [],
    );
    children.push(started);
    return started;
  };
  const admin = await connect(targetOfUrl(postgres.url));
  try {
    await migrate(admin);
    await ensurePartitions(admin, 1, plan.ledgers);
    const { address: flight } = await bench.service('ledgers');
    const copier = await child();
    const { rows } = await copier.ask({ kind: 'file', flight, ledgers: plan.ledgers, file });
    const { url } = postgres;
    const entry = new URL('./processes/kept-flight.js', import.meta.url);
    const keptFlight = await Child.start<object, KeptFlight>(entry, [flight, String(plan.ledgers)]);
    children.push(keptFlight);
    const { address: kept } = await keptFlight.ask({});
    const consume = async (name: string, from: string, keepStates: boolean, partitions = 1): Promise<Way> => {
      const consumer = await child();
      const request = { kind: 'consume', url, flight: from, ledgers: plan.ledgers, keepStates, partitions } as const;
      return { name, load: () => consumer.ask(request), samples: [] };
    };
    const ways: Way[] = [
      { name: 'file, pg-copy-streams', load: () => copier.ask({ kind: 'copy', url, file }), samples: [] },
      await consume('consume, history only', kept, false),
      await consume('consume, with current_states', kept, true),
      await consume('serve and consume, with current_states', flight, true),
      await consume('serve and consume, with current_states, 2 partitions', flight, true, 2),
    ];
    if (await hasPsql()) ways.push({ name: 'file, psql', load: () => loadByPsql(url, file, rows), samples: [] });
    for (let round = 1 - WARM_UP_ROUNDS; round <= plan.samples; round += 1) {
      for (const way of ways) {
        await admin.query(EMPTY_TABLES);
        await admin.query('CHECKPOINT');
        const sample = await way.load();
        if (sample.rows !== rows) throw new Error(`${way.name}: ${sample.rows} of ${rows} rows loaded`);
        if (round > 0) way.samples.push(sample);
      }
    }
    report.describe(plan.ledgers, rows);
    const rate = ({ samples }: Way): number[] => samples.map((sample) => (sample.rows * 1000) / sample.elapsedMs);
    const baseline = spreadOf(rate(ways[0]!)).median;
    for (const way of ways) {
      const rowsPerSecond = spreadOf(rate(way));
      const cpus = way.samples.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs]));
      report.add({
        way: way.name,
        rowsPerSecond,
        ofFile: rowsPerSecond.median / baseline,
        ...(cpus.length > 0 && { cpuMsPerThousandRows: (1000 * spreadOf(cpus).median) / rows }),
        ...(way.samples.at(-1)?.peakRssBytes !== undefined && { peakRssBytes: way.samples.at(-1)!.peakRssBytes! }),
      });
    }
  } finally {
    await admin.end();
    for (const one of children) one.stop();
    await bench.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  }
}

async function hasPsql(): Promise<boolean> {
  return await promisify(execFile)('psql', ['--version']).then(
    () => true,
    () => false,
  );
}

async function loadByPsql(url: string, file: string, rows: number): Promise<Pick<ConsumerReply, 'rows' | 'elapsedMs'>> {
  const startedAt = performance.now();
  const command = `\\${copyEntriesSql().toLowerCase().replace('from stdin', `from '${file}'`)}`;
  const { stdout } = await promisify(execFile)('psql', [url, '--no-psqlrc', '--command', command]);
  return { rows: Number(/COPY (\d+)/.exec(stdout)?.[1] ?? -rows), elapsedMs: performance.now() - startedAt };
}
