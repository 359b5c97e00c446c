/** The consumer in this process, with its log, its statistics and its metrics port at hand. */
import { loadConsumeConfig } from '../../src/config/consume-config.js';
import { type RunningConsumer, startConsumer } from '../../src/consumer/consume-service.js';
import { createLogger } from '../../src/ops/logger.js';
import { Shutdown } from '../../src/ops/shutdown.js';
import type { Cleanup } from '../service/cleanup.js';

export interface TestConsumer extends RunningConsumer {
  /** Lines of the log, parsed. */
  readonly log: readonly Record<string, unknown>[];
  /** Ends it as SIGTERM does; resolves with the exit code. */
  stop(): Promise<number>;
}

const BACKOFF = { firstMs: 20, maxMs: 250 };

/** `env` as `consume` takes it; the source is named, since ports differ from start to start. */
export async function runConsumer(
  cleanup: Cleanup,
  flightPort: number,
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<TestConsumer> {
  const settings = consumeSettings(flightPort, databaseUrl, env);
  const config = loadConsumeConfig({ flags: {}, env: settings }).values;
  const log: Record<string, unknown>[] = [];
  const output = { write: (line: string) => log.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ level: config.logLevel, output });
  const shutdown = new Shutdown({ timeoutMs: config.shutdownTimeoutMs, logger, exit: () => undefined });
  const stop = (): Promise<number> => shutdown.begin('the test is over');
  cleanup.after(async () => {
    await stop();
  });
  const consumer = await startConsumer(config, '0.0.0-test', logger, shutdown, { backoff: BACKOFF });
  // Looked at by some tests only.
  consumer.ended.catch(() => undefined);
  return { ...consumer, log, stop };
}

export function consumeSettings(
  flightPort: number,
  databaseUrl: string,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    FLIGHT_ENDPOINT: `127.0.0.1:${flightPort}`,
    STREAM_SOURCE: 'test',
    DATABASE_URL: databaseUrl,
    METRICS_HOST: '127.0.0.1',
    METRICS_PORT: '0',
    SHUTDOWN_TIMEOUT: '5s',
    // Pauses are short here, and machines slow.
    MAX_RETRIES: '10000',
    ...env,
  };
}
