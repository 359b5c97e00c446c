/** A process's access to one plan: the database, its queue, and the settings of both. */
import type { BackfillConfig } from '../../config/backfill-settings.js';
import { type DatabaseTarget, databaseTarget } from '../../postgres/connection/database-target.js';
import { ControlConnection } from './control-connection.js';
import { JobQueue, type RetryPolicy } from './job-queue.js';
import { DEFAULT_PLAN } from './plan-ranges.js';

export interface PlanSession {
  readonly plan: string;
  readonly target: DatabaseTarget;
  readonly control: ControlConnection;
  readonly queue: JobQueue;
  readonly policy: RetryPolicy;
  close(): Promise<void>;
}

/** Connects when it is first used. Throws CONFIG_INVALID. */
export function openPlanSession(config: BackfillConfig): PlanSession {
  const target = { ...databaseTarget(config), applicationName: 'contract-data-backfill' };
  const control = new ControlConnection(target);
  const plan = config.streamName ?? DEFAULT_PLAN;
  const queue = new JobQueue(plan);
  return {
    plan,
    target,
    control,
    queue,
    policy: { retries: config.rangeRetries, delayMs: config.rangeRetryDelayMs },
    close: () => control.close(),
  };
}
