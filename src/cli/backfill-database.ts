/** Backfills into PostgreSQL: planning, working and looking at a plan, and all three in one process. */
import { hostname } from 'node:os';
import { openBackfill, refuseBeyondTip } from '../backfill/open-backfill.js';
import { type Planned, planRanges } from '../backfill/queue/plan-ranges.js';
import type { PlanSession } from '../backfill/queue/plan-session.js';
import { type PlanStatus, planStatus } from '../backfill/queue/status.js';
import { readPlan } from '../backfill/queue/stored-plan.js';
import { work } from '../backfill/queue/worker.js';
import { type BackfillReport, rates } from '../backfill/report.js';
import type { Counts } from '../backfill/tally.js';
import type { BackfillConfig } from '../config/backfill-settings.js';
import type { LakeAddress } from '../lake/lake-url.js';
import { parseLakeUrl } from '../lake/lake-url.js';
import type { Logger } from '../ops/logger.js';
import { maskedUrl } from '../postgres/connection/database-target.js';
import type { LedgerRange } from '../source/ledger-source.js';
import type { DecodeRequest } from '../../workers/request.js';
import type { BackfillProgress } from './backfill-progress.js';

export interface BackfillIntoDatabase {
  readonly source: LakeAddress;
  readonly range: LedgerRange;
  readonly ranges: readonly LedgerRange[];
  /** One for each table. */
  readonly requests: readonly DecodeRequest[];
}

/** What a command reports to while it runs. */
export interface Telling {
  readonly progress: BackfillProgress;
  readonly logger: Logger;
}

export async function planBackfill(
  wanted: BackfillIntoDatabase,
  config: BackfillConfig,
  session: PlanSession,
  { logger }: Telling,
  signal: AbortSignal,
): Promise<Planned> {
  const { source, range, ranges, requests } = wanted;
  const opened = await openBackfill(source, { ...config, workerCount: 1 }, config.networkPassphrase, logger);
  try {
    await refuseBeyondTip(opened.lake, range);
  } finally {
    await opened.close();
  }
  const streamSource = config.streamSource ?? source.url;
  const { plan, control, queue, policy } = session;
  return await control.insist('planning', signal, (client) =>
    planRanges(client, queue, policy, { plan, source: source.url, streamSource, requests, ranges }),
  );
}

/** Works until nothing is left to make; resolves with what this process made and how long it took. */
export async function workOnBackfill(
  config: BackfillConfig,
  session: PlanSession,
  { progress, logger }: Telling,
  signal: AbortSignal,
): Promise<{ readonly made: Counts; readonly elapsedMs: number }> {
  const { plan, target, control, queue, policy } = session;
  const stored = await control.insist('reading the plan', signal, (client) => readPlan(client, plan));
  await control.insist('opening the queue', signal, (client) => queue.open(client));
  const address = config.source?.kind === 'lake' ? config.source.lake : parseLakeUrl(stored.source);
  const passphrase = stored.requests[0]!.networkPassphrase;
  const opened = await openBackfill(address, config, passphrase, logger);
  const made: Counts = { ledgers: 0, rows: 0, ledgerBytes: 0 };
  const startedAt = performance.now();
  const before = await control.insist('reading the plan', signal, (client) => planStatus(client, stored));
  logger.info({ plan, ranges: before.ranges.all, left: before.ranges.all - before.ranges.finished }, 'working');
  progress.follow(before.ledgers - before.ledgers_finished, made);
  try {
    const observer = {
      made: ({ firstLedger: ledger, lastLedger }: LedgerSpan, rows: number) =>
        logger.info({ ledger, lastLedger, rows }, 'range made'),
      failed: ({ firstLedger: ledger, lastLedger }: LedgerSpan, error: Coded, isGivenUp: boolean) =>
        logger.error({ ledger, lastLedger, code: error.code, isGivenUp }, error.message),
      lost: ({ firstLedger: ledger, lastLedger }: LedgerSpan, reason: string) =>
        logger.warn({ ledger, lastLedger }, reason),
    };
    const { rangesAtOnce: atOnce, leaseMs, machine = hostname() } = config;
    const options = {
      plan,
      machine,
      target,
      control,
      queue,
      policy,
      reader: opened.reader,
      atOnce,
      leaseMs,
      total: made,
      observer,
    };
    await work(options, signal);
  } finally {
    progress.end();
    await opened.close();
  }
  return { made, elapsedMs: performance.now() - startedAt };
}

interface LedgerSpan {
  readonly firstLedger: number;
  readonly lastLedger: number;
}

interface Coded {
  readonly code: string;
  readonly message: string;
}

export async function backfillStatus(
  session: PlanSession,
  signal: AbortSignal,
  range?: LedgerRange,
): Promise<PlanStatus> {
  return await session.control.insist('reading the plan', signal, async (client) =>
    planStatus(client, await readPlan(client, session.plan), range?.startLedger, range?.endLedger),
  );
}

/** Plans, works alone, and reports. */
export async function backfillIntoDatabase(
  wanted: BackfillIntoDatabase,
  config: BackfillConfig,
  session: PlanSession,
  telling: Telling,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const { range } = wanted;
  await planBackfill(wanted, config, session, telling, signal);
  const before = await backfillStatus(session, signal, range);
  const { made, elapsedMs } = await workOnBackfill(config, session, telling, signal);
  const after = await backfillStatus(session, signal, range);
  return {
    sink: 'postgres',
    out: maskedUrl(session.target),
    first_ledger: range.startLedger,
    last_ledger: range.endLedger,
    first_ledger_hash: after.first_ledger_hash,
    last_ledger_hash: after.last_ledger_hash,
    ranges: after.ranges.all,
    ranges_found: before.ranges.finished,
    ledgers: after.ledgers_finished,
    rows: after.rows,
    bytes: after.bytes,
    gaps: after.gaps,
    failed: after.failed,
    ...rates(made, elapsedMs),
  };
}
