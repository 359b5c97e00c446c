/** Keeps the consumer registered with flowctl, where that is enabled. */
import type { ConsumeConfig } from '../../config/consume-settings.js';
import { addressText } from '../../config/kinds/address.js';
import { publishedHost } from '../../flowctl/advertised-host.js';
import { FlowctlController } from '../../flowctl/controller.js';
import { flowctlObserver } from '../../flowctl/flowctl-metrics.js';
import { flowctlOptions } from '../../flowctl/flowctl-options.js';
import { systemClock } from '../../ops/clock.js';
import type { Health } from '../../ops/health.js';
import type { Logger } from '../../ops/logger.js';
import type { ConsumerMetrics } from '../ops/consumer-metrics.js';
import { ConsumerActivity, type ConsumerTotals } from './consumer-activity.js';
import { consumerRegistration } from './registration.js';

export interface ConsumerFlowctlParts {
  readonly config: ConsumeConfig;
  readonly version: string;
  /** Masked URL of the database. */
  readonly database: string;
  readonly metrics: ConsumerMetrics;
  readonly health: Health;
  readonly logger: Logger;
  readonly totals: () => ConsumerTotals;
}

/** Begins to register; call it when `metricsPort` is listened on. Throws CONFIG_INVALID. The function returned leaves. */
export function startConsumerFlowctl(parts: ConsumerFlowctlParts, metricsPort: number): () => Promise<void> {
  const { config, metrics, health, logger } = parts;
  const options = flowctlOptions(config);
  if (!options.enabled) return () => Promise.resolve();
  const activity = new ConsumerActivity(parts.totals, options.thresholds, systemClock);
  const controller = new FlowctlController({
    id: options.id,
    address: options,
    heartbeatIntervalMs: options.heartbeatIntervalMs,
    registration: async () => {
      const facts = {
        id: options.id,
        name: config.serviceName,
        version: config.serviceVersion ?? parts.version,
        flightEndpoint: addressText(config.flightEndpoint),
        database: parts.database,
        commitRows: config.commitRows,
        partitions: config.partitions,
        metricsPort,
      };
      return consumerRegistration(facts, await publishedHost(config, config.metricsHost ?? ''));
    },
    report: () => activity.report(),
    observer: flowctlObserver(metrics, health.component('flowctl')),
    logger,
    clock: systemClock,
  });
  controller.start();
  return async () => {
    await controller.stop();
    activity.close();
  };
}
