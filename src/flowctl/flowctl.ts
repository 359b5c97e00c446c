/** All that has to do with flowctl, for the service: registration, what it reports, and the pipeline runner's way in. */
import type { Server } from '@grpc/grpc-js';
import type { ServeConfig } from '../config/serve-settings.js';
import { systemClock } from '../ops/clock.js';
import type { Health } from '../ops/health.js';
import type { Logger } from '../ops/logger.js';
import type { Metrics } from '../ops/metrics.js';
import { Activity } from './activity.js';
import { publishedHost } from './advertised-host.js';
import { FlowctlController } from './controller.js';
import { flowctlObserver } from './flowctl-metrics.js';
import { type FlowctlOptions, flowctlOptions } from './flowctl-options.js';
import { metricTotals } from './metric-totals.js';
import { addProcessorService, type ProcessorServiceParts } from './processor-service.js';
import { processorRegistration, type ProcessorFacts, type Registration } from './registration.js';
import { SourceDiscovery } from './source-discovery.js';
import { DISCOVERED } from './source-endpoint.js';

export interface FlowctlParts {
  readonly config: ServeConfig;
  /** Of the program, where SERVICE_VERSION gives none. */
  readonly version: string;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly logger: Logger;
}

/** What ProcessorService takes from the pipeline. */
export type PipelineParts = Pick<
  ProcessorServiceParts,
  'pool' | 'decode' | 'lookAheadEvents' | 'openMemory' | 'openMeter'
>;

export class Flowctl {
  private readonly parts: FlowctlParts;
  private readonly options: FlowctlOptions;
  private readonly version: string;
  private readonly draining = new AbortController();
  private ports: ProcessorFacts['ports'] = { grpc: 0, flight: 0, health: 0 };
  private activity: Activity | undefined;
  private controller: FlowctlController | undefined;

  /** Throws CONFIG_INVALID. */
  constructor(parts: FlowctlParts) {
    this.parts = parts;
    this.options = flowctlOptions(parts.config);
    this.version = parts.config.serviceVersion ?? parts.version;
  }

  /** Where SOURCE_ENDPOINT asks for it: what finds the source. It reports as the health component `source`. */
  discovery(): SourceDiscovery | undefined {
    const { config, health, logger } = this.parts;
    if (config.sourceEndpoint !== DISCOVERED) return undefined;
    return new SourceDiscovery({
      address: this.options,
      networkPassphrase: config.networkPassphrase,
      health: health.component('source'),
      logger,
      clock: systemClock,
    });
  }

  /** Adds ProcessorService to the control port's server. `openStreams`: ranges being read from the source now. */
  addTo(server: Server, pipeline: PipelineParts, openStreams: () => number): void {
    const { metrics, health, logger } = this.parts;
    const activity = new Activity(() => metricTotals(metrics, openStreams()), this.options.thresholds, systemClock);
    this.activity = activity;
    addProcessorService(server, {
      ...pipeline,
      signature: { id: this.options.id, version: this.version },
      draining: this.draining.signal,
      info: async () => (await this.registration()).component,
      health,
      activity,
      logger,
    });
  }

  /** Begins to register, where that is enabled. Call it when `ports` are listened on. */
  start(ports: ProcessorFacts['ports']): void {
    this.ports = ports;
    const { activity } = this;
    if (!this.options.enabled || activity === undefined) return;
    const { metrics, health, logger } = this.parts;
    const { id, heartbeatIntervalMs } = this.options;
    this.controller = new FlowctlController({
      id,
      address: this.options,
      heartbeatIntervalMs,
      registration: () => this.registration(),
      report: () => activity.report(),
      observer: flowctlObserver(metrics, health.component('flowctl')),
      logger,
      clock: systemClock,
    });
    this.controller.start();
  }

  /** Ends pipelines behind what they have sent, and leaves flowctl within a second. */
  async stop(): Promise<void> {
    this.draining.abort();
    await this.controller?.stop();
    this.activity?.close();
  }

  private async registration(): Promise<Registration> {
    const { config } = this.parts;
    const facts: ProcessorFacts = {
      id: this.options.id,
      name: config.serviceName,
      version: this.version,
      networkPassphrase: config.networkPassphrase,
      batchRows: config.batchRows,
      workerCount: config.workerCount,
      filterCounts: {
        contractIds: config.filterContractIds.length,
        assetCodes: config.filterAssetCodes.length,
        assetIssuers: config.filterAssetIssuers.length,
      },
      includeDeleted: config.includeDeleted,
      ports: this.ports,
    };
    return processorRegistration(facts, await publishedHost(config, config.grpcAddress.host));
  }
}
