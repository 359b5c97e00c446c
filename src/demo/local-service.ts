/** The service as `serve` runs it, but for this machine only and with what it is told here alone. */
import { loadServeConfig } from '../config/serve-config.js';
import type { Logger } from '../ops/logger.js';
import type { Shutdown } from '../ops/shutdown.js';
import { type ServicePorts, startService } from '../service.js';
import { DEMO_HEARTBEAT_INTERVAL } from './load-database.js';

export interface LocalServiceOptions {
  /** `host:port` of the source. */
  readonly source: string;
  readonly networkPassphrase: string;
  /** 0 is a free one. */
  readonly flightPort: number;
  readonly healthPort: number;
  /** `host:port` of flowctl. */
  readonly flowctl: string;
}

export async function startLocalService(
  options: LocalServiceOptions,
  version: string,
  logger: Logger,
  shutdown: Shutdown,
): Promise<ServicePorts> {
  const flags = {
    flightAddress: `127.0.0.1:${options.flightPort}`,
    grpcAddress: '127.0.0.1:0',
    healthHost: '127.0.0.1',
    healthPort: String(options.healthPort),
    sourceEndpoint: options.source,
    networkPassphrase: options.networkPassphrase,
    flowctlEnabled: 'true',
    flowctlEndpoint: options.flowctl,
    flowctlHeartbeatIntervalMs: DEMO_HEARTBEAT_INTERVAL,
  };
  // Neither environment nor file: the demo is the same everywhere.
  const { values } = loadServeConfig({ flags, env: {} });
  return await startService(values, version, logger, shutdown);
}
