/** One machine of a planned backfill: a process that takes ranges of the plan in the database it is told. */
import '../workers/v8-flags.js';
import process from 'node:process';
import { openBackfill, type OpenedBackfill } from '../src/backfill/open-backfill.js';
import { openPlanSession } from '../src/backfill/queue/plan-session.js';
import { work } from '../src/backfill/queue/worker.js';
import { loadBackfillConfig } from '../src/config/backfill-config.js';
import { parseLakeUrl } from '../src/lake/lake-url.js';
import { createLogger } from '../src/ops/logger.js';
import { answerParent, cpuMs } from './processes/child.js';

export interface WorkRequest {
  readonly lake: string;
  readonly networkPassphrase: string;
  readonly database: string;
  readonly machine: string;
}

export interface WorkReply {
  readonly ledgers: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

/** Stays open: code is optimised in each thread anew. */
let opened: OpenedBackfill | undefined;

answerParent(async ({ lake, networkPassphrase, database, machine }: WorkRequest): Promise<WorkReply> => {
  const env = { DATABASE_URL: database, WORKER_COUNT: '1', RANGES_AT_ONCE: '1' };
  const config = loadBackfillConfig({ flags: {}, env }).values;
  const logger = createLogger({ level: 'fatal' });
  const { reader } = (opened ??= await openBackfill(parseLakeUrl(lake), config, networkPassphrase, logger));
  const session = openPlanSession(config);
  const total = { ledgers: 0, rows: 0, ledgerBytes: 0 };
  const failed = (_: unknown, error: unknown): never => {
    throw error;
  };
  const lost = (_: unknown, reason: string): never => failed(_, new Error(reason));
  const { rangesAtOnce: atOnce, leaseMs } = config;
  const before = cpuMs();
  try {
    const observer = { made: () => undefined, failed, lost };
    const { signal } = new AbortController();
    await work({ ...session, machine, reader, atOnce, leaseMs, total, observer }, signal);
    return {
      ledgers: total.ledgers,
      cpuMs: cpuMs() - before,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    await session.close();
  }
});
