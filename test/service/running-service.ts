/** The whole service in this process, on ports that the system chooses, with its log, metrics and health at hand. */
import { loadServeConfig } from '../../src/config/serve-config.js';
import { createLogger } from '../../src/ops/logger.js';
import { Shutdown } from '../../src/ops/shutdown.js';
import { type ServiceInternals, type ServicePorts, startService } from '../../src/service.js';
import { readExposition } from '../ops/exposition.js';
import type { Cleanup } from './cleanup.js';

export interface HealthAnswer {
  readonly status: number;
  readonly body: { readonly status?: string; readonly ready?: boolean; readonly reasons: readonly string[] };
}

export interface RunningService {
  readonly ports: ServicePorts;
  /** Lines of the log, parsed. */
  readonly log: readonly Record<string, unknown>[];
  /** Values of all series, by name and labels. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  probe(path: '/health' | '/ready' | '/live'): Promise<HealthAnswer>;
  /** Ends it as SIGTERM does; resolves with the exit code. */
  stop(): Promise<number>;
}

/** `env` as `serve` takes it. */
export async function runService(
  cleanup: Cleanup,
  source: { readonly port: number },
  env: Readonly<Record<string, string>> = {},
  internals: ServiceInternals = {},
): Promise<RunningService> {
  const settings = {
    FLIGHT_ADDRESS: '127.0.0.1:0',
    GRPC_ADDRESS: '127.0.0.1:0',
    HEALTH_HOST: '127.0.0.1',
    HEALTH_PORT: '0',
    SOURCE_ENDPOINT: `127.0.0.1:${source.port}`,
    SHUTDOWN_TIMEOUT: '2s',
    WORKER_COUNT: '1',
    ...env,
  };
  const config = loadServeConfig({ flags: {}, env: settings }).values;
  const log: Record<string, unknown>[] = [];
  const output = { write: (line: string) => log.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ level: config.logLevel, output });
  const shutdown = new Shutdown({ timeoutMs: config.shutdownTimeoutMs, logger, exit: () => undefined });
  const stop = (): Promise<number> => shutdown.begin('the test is over');
  cleanup.after(async () => {
    await stop();
  });
  const ports = await startService(config, '0.0.0-test', logger, shutdown, internals);
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${ports.health}${path}`);
  return {
    ports,
    log,
    stop,
    metrics: async () => seriesOf(await (await get('/metrics')).text()),
    probe: async (path) => {
      const response = await get(path);
      return { status: response.status, body: (await response.json()) as HealthAnswer['body'] };
    },
  };
}

function seriesOf(text: string): Map<string, number> {
  return new Map([...readExposition(text).values()].flatMap(({ series }) => [...series]));
}

/** Resolves when `condition` holds; fails after `ms`. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 20_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(10);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
