/** `backfill` into PostgreSQL, as processes of their own and in this one. */
import {
  backfillIntoDatabase,
  type BackfillIntoDatabase,
  backfillStatus,
  planBackfill,
} from '../../src/cli/backfill-database.js';
import { BackfillProgress } from '../../src/cli/backfill-progress.js';
import { alignedRanges } from '../../src/backfill/aligned-ranges.js';
import type { Planned } from '../../src/backfill/queue/plan-ranges.js';
import { openPlanSession, type PlanSession } from '../../src/backfill/queue/plan-session.js';
import type { PlanStatus } from '../../src/backfill/queue/status.js';
import type { BackfillReport } from '../../src/backfill/report.js';
import { parseLakeUrl } from '../../src/lake/lake-url.js';
import { createLogger } from '../../src/ops/logger.js';
import { parseRowRequest } from '../../src/request/row-request.js';
import { PASSPHRASE } from '../service/simulated-source.js';
import { backfillConfig } from './generated-lake.js';

export interface DatabaseWanted {
  readonly source: string;
  readonly database: string;
  /** 1 unless given. */
  readonly first?: number;
  readonly last: number;
  readonly rangeLedgers: number;
  /** Of the generated ledgers unless given. */
  readonly passphrase?: string;
  /** As in a ticket. */
  readonly request?: Record<string, unknown>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Ledgers `first` to `last`, both tables. */
function wantedOf({
  source,
  first = 1,
  last,
  rangeLedgers,
  passphrase = PASSPHRASE,
  request = {},
}: DatabaseWanted): BackfillIntoDatabase {
  const filters = { include_deleted: true };
  return {
    source: parseLakeUrl(source),
    range: { startLedger: first, endLedger: last },
    ranges: alignedRanges(first, last, rangeLedgers),
    requests: ['contract_data', 'ttl'].map((table) => parseRowRequest({ ...request, table, filters }, passphrase)),
  };
}

async function inSession<T>(wanted: DatabaseWanted, act: (session: PlanSession) => Promise<T>): Promise<T> {
  const session = openPlanSession(backfillConfig({ DATABASE_URL: wanted.database, ...wanted.env }));
  try {
    return await act(session);
  } finally {
    await session.close();
  }
}

const telling = { progress: new BackfillProgress(process.stderr), logger: createLogger({ level: 'silent' }) };

export async function planInto(wanted: DatabaseWanted): Promise<Planned> {
  const { signal } = new AbortController();
  return await inSession(wanted, (session) =>
    planBackfill(wantedOf(wanted), backfillConfig(wanted.env), session, telling, signal),
  );
}

export async function statusOf(wanted: DatabaseWanted): Promise<PlanStatus> {
  return await inSession(wanted, (session) => backfillStatus(session, new AbortController().signal));
}

/** Plan, work and report in this process. */
export async function backfillInto(wanted: DatabaseWanted): Promise<BackfillReport> {
  const { signal } = new AbortController();
  return await inSession(wanted, (session) =>
    backfillIntoDatabase(wantedOf(wanted), backfillConfig(wanted.env), session, telling, signal),
  );
}

/** The environment of a `backfill work` process. */
export function workSettings(database: string, env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    DATABASE_URL: database,
    WORKER_COUNT: '1',
    RANGES_AT_ONCE: '2',
    RANGE_RETRIES: '1',
    RANGE_RETRY_DELAY: '1s',
    ...env,
  };
}
