/** The demo's way into PostgreSQL: a server of its own, and the consumer as `consume` runs it. */
import { loadConsumeConfig } from '../config/consume-config.js';
import { type RunningConsumer, startConsumer } from '../consumer/consume-service.js';
import type { Logger } from '../ops/logger.js';
import { Shutdown } from '../ops/shutdown.js';

export interface DatabaseLoadOptions {
  /** `host:port` of Flight and of flowctl. */
  readonly flight: string;
  readonly flowctl: string;
  readonly databaseUrl: string;
  /** Ledgers 1 to so many. */
  readonly ledgers: number;
  readonly version: string;
  readonly logger: Logger;
}

export interface DatabaseLoad extends RunningConsumer {
  /** Commits what is whole and leaves flowctl. */
  stop(): Promise<void>;
}

/** Time between heartbeats: short, so that the demo has some to show. */
export const DEMO_HEARTBEAT_INTERVAL = '1s';
const STOP_TIMEOUT_MS = 3_000;

export async function startDatabaseLoad(options: DatabaseLoadOptions): Promise<DatabaseLoad> {
  const { flight, flowctl, databaseUrl, ledgers, version, logger } = options;
  const flags = {
    flightEndpoint: flight,
    databaseUrl,
    startLedger: '1',
    endLedger: String(ledgers),
    // Small ones, so that there is something to see.
    commitRows: '10000',
    metricsHost: '127.0.0.1',
    metricsPort: '0',
    flowctlEnabled: 'true',
    flowctlEndpoint: flowctl,
    flowctlHeartbeatIntervalMs: DEMO_HEARTBEAT_INTERVAL,
  };
  // Neither environment nor file: the demo is the same everywhere.
  const { values } = loadConsumeConfig({ flags, env: {} });
  const shutdown = new Shutdown({ timeoutMs: STOP_TIMEOUT_MS, logger, exit: () => undefined });
  const consumer = await startConsumer(values, version, logger, shutdown);
  // Whoever waits for the end is told of it; one that nobody waits for any more is being stopped.
  consumer.ended.catch(() => undefined);
  return {
    ...consumer,
    stop: async () => {
      await shutdown.begin('the demo is over');
    },
  };
}
