/** Control planes and controllers for tests, each for the length of one. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { ActivityReport } from '../../src/flowctl/sampled-activity.js';
import { FlowctlController, type FlowctlControllerOptions } from '../../src/flowctl/controller.js';
import { flowctlObserver } from '../../src/flowctl/flowctl-metrics.js';
import { type ProcessorFacts, processorRegistration } from '../../src/flowctl/registration.js';
import { DevControlPlane, type DevControlPlaneOptions } from '../../src/flowctl-dev/dev-control-plane.js';
import { Registry, type RegistryEvent } from '../../src/flowctl-dev/registry.js';
import { Health } from '../../src/ops/health.js';
import { createLogger } from '../../src/ops/logger.js';
import { Metrics } from '../../src/ops/metrics.js';
import { readExposition } from '../ops/exposition.js';
import { TestClock } from './test-clock.js';

export const HEARTBEAT_INTERVAL_MS = 10_000;

export const FACTS: ProcessorFacts = {
  id: 'processor-1',
  name: 'contract-data-processor',
  version: '1.2.3',
  networkPassphrase: 'Test SDF Network ; September 2015',
  batchRows: 1000,
  workerCount: 3,
  filterCounts: { contractIds: 2, assetCodes: 0, assetIssuers: 1 },
  includeDeleted: true,
  ports: { grpc: 8815, flight: 8816, health: 8089 },
};

export const REPORT: ActivityReport = {
  status: 'HEALTHY',
  metrics: { contracts_processed: 12, error_rate: 0.5, current_ledger: 4_294_967_295 },
};

export interface RunningControlPlane {
  readonly port: number;
  readonly registry: Registry;
  /** `event status` of everything that happened to components. */
  readonly events: string[];
  readonly close: () => void;
}

export async function controlPlane(
  t: TestContext,
  options: DevControlPlaneOptions & { readonly port?: number; readonly clock?: TestClock } = {},
): Promise<RunningControlPlane> {
  const events: string[] = [];
  const onEvent = (event: RegistryEvent, { status }: { status: string }): number =>
    events.push(`${event} ${status.replace('HEALTH_STATUS_', '')}`);
  const { port: wanted = 0, clock = new TestClock() } = options;
  const registry = options.registry ?? new Registry({ clock, onEvent: (...args) => void onEvent(...args) });
  const server = new DevControlPlane({ ...options, registry });
  const port = await server.listen('127.0.0.1', wanted);
  const close = (): void => server.close();
  t.after(close);
  return { port, registry, events, close };
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface RunningController {
  readonly controller: FlowctlController;
  readonly clock: TestClock;
  readonly health: Health;
  /** States entered, in order. */
  readonly states: string[];
  readonly registered: () => boolean;
  /** Value of `contract_data_flowctl_<name>` in /metrics. */
  readonly metric: (name: string) => Promise<number>;
  readonly lines: string[];
}

export function controllerOf(
  t: TestContext,
  port: number,
  options: Partial<FlowctlControllerOptions> = {},
): RunningController {
  const clock = new TestClock();
  const metrics = new Metrics('1.2.3');
  const health = new Health();
  const states: string[] = [];
  const lines: string[] = [];
  const observer = flowctlObserver(metrics, health.component('flowctl'));
  const controller = new FlowctlController({
    id: FACTS.id,
    address: { target: `127.0.0.1:${port}` },
    heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
    registration: () => Promise.resolve(processorRegistration(FACTS, '127.0.0.1')),
    report: () => Promise.resolve(REPORT),
    observer: {
      ...observer,
      changed(state) {
        states.push(state.kind);
        observer.changed(state);
      },
    },
    logger: createLogger({ level: 'info', output: { write: (line) => void lines.push(line) } }),
    clock,
    deadlines: { registerMs: 400, heartbeatMs: 300, leavingMs: 300 },
    random: () => 0,
    ...options,
  });
  t.after(async () => {
    const stopped = controller.stop();
    const timer = setInterval(() => clock.advance(1000), 5);
    await stopped;
    clearInterval(timer);
    metrics.close();
  });
  controller.start();
  return {
    controller,
    clock,
    health,
    states,
    lines,
    registered: () => controller.current.kind === 'registered',
    async metric(name) {
      const families = readExposition(await metrics.scrape());
      return families.get(`contract_data_flowctl_${name}`)!.series.get(`contract_data_flowctl_${name}`)!;
    },
  };
}
