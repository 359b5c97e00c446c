/** The consumer with what is around it: metrics, health, flowctl and shutdown, from configuration to its end. */
import { asProcessorError } from '../../workers/errors.js';
import { TABLE_NAMES } from '../../workers/request.js';
import type { ConsumeConfig } from '../config/consume-settings.js';
import { addressText } from '../config/kinds/address.js';
import { Health } from '../ops/health.js';
import { HttpServer, json } from '../ops/http-server.js';
import type { Logger } from '../ops/logger.js';
import type { Shutdown } from '../ops/shutdown.js';
import { type DatabaseTarget, databaseTarget, maskedUrl } from '../postgres/connection/database-target.js';
import { Consumer, type ConsumerOptions } from './consumer.js';
import { parseFlightPath } from './flight/flight-path.js';
import { flightTarget } from './flight/flight-target.js';
import type { ConsumerTotals } from './flowctl/consumer-activity.js';
import { startConsumerFlowctl } from './flowctl/consumer-flowctl.js';
import type { LaneEnd } from './lane.js';
import { ConsumerMetrics } from './ops/consumer-metrics.js';
import { ConsumerReport } from './ops/consumer-report.js';
import { stats, type Stats, watermark } from './ops/stats.js';

const BYTES_PER_MEGABYTE = 2 ** 20;
/** Most rows of a record batch to ask for: large messages cost less a row, and their bytes are bounded anyway. */
const FLIGHT_BATCH_ROWS = 10_000;

export interface RunningConsumer {
  readonly metricsPort: number;
  readonly stats: () => Stats;
  /** Resolves when the consumer has ended by itself or was stopped; rejects with a ProcessorError. */
  readonly ended: Promise<LaneEnd>;
}

/** Starts the consumer and registers its end with `shutdown`. Rejects with CONFIG_INVALID or LISTEN_FAILED. */
export async function startConsumer(
  config: ConsumeConfig,
  version: string,
  logger: Logger,
  shutdown: Shutdown,
  internals: Pick<ConsumerOptions, 'keepStates' | 'backoff'> = {},
): Promise<RunningConsumer> {
  const startedAtMs = performance.now();
  const database = { ...databaseTarget(config), applicationName: config.serviceName };
  const metrics = new ConsumerMetrics(version);
  const health = new Health();
  const report = new ConsumerReport(metrics, health, logger);
  const consumer = new Consumer({ ...consumerOptions(config, database), observer: report, ...internals });
  const currentStats = (): Stats => stats(consumer.lanes, report.tallies, report.errors, startedAtMs);
  const http = new HttpServer({
    host: config.metricsHost,
    port: config.metricsPort,
    version,
    health,
    metrics,
    logger,
    pages: new Map([['/stats', () => json(200, currentStats())]]),
  });
  const totals = (): ConsumerTotals => totalsOf(consumer, report);
  metrics.of.memoryLimit.set(config.maxMemoryMb * BYTES_PER_MEGABYTE);
  metrics.beforeScrape(() => {
    metrics.of.heldBytes.set(totals().heldBytes);
    for (const table of TABLE_NAMES) {
      const own = consumer.lanes.filter((lane) => lane.table === table);
      metrics.of.watermark.set({ table }, watermark(own));
    }
  });

  // flowctl is told at once, beside everything else: one that has started us waits for no more than a second.
  let leaveFlowctl: () => Promise<void> = () => Promise.resolve();
  let flowctlLeft = Promise.resolve();
  shutdown.step('commit what is whole', (hurry) => {
    flowctlLeft = leaveFlowctl();
    return consumer.stop(hurry);
  });
  shutdown.step('leave flowctl', () => flowctlLeft);
  shutdown.step('close the metrics port', () => http.close());

  const { port: metricsPort } = await http.listen();
  const masked = maskedUrl(database);
  leaveFlowctl = startConsumerFlowctl(
    { config, version, database: masked, metrics, health, logger, totals },
    metricsPort,
  );
  logger.info({ metricsPort, flight: addressText(config.flightEndpoint), database: masked }, 'consuming');
  const ended = consumer.run().catch((error: unknown) => {
    const failure = asProcessorError(error);
    report.failed(failure);
    throw failure;
  });
  return { metricsPort, stats: currentStats, ended };
}

function totalsOf(consumer: Consumer, { tallies, bytes, errors }: ConsumerReport): ConsumerTotals {
  const { contract_data: rows, ttl } = tallies;
  return {
    received: rows.received + ttl.received,
    inserted: rows.inserted + ttl.inserted,
    commits: rows.commits + ttl.commits,
    bytes,
    errors,
    watermark: watermark(consumer.lanes.filter(({ table }) => table === 'contract_data')),
    heldBytes: consumer.lanes.reduce((sum, { heldBytes }) => sum + heldBytes, 0),
  };
}

function consumerOptions(config: ConsumeConfig, database: DatabaseTarget): Omit<ConsumerOptions, 'observer'> {
  const { startLedger, endLedger, partitions, commitRows } = config;
  return {
    flight: flightTarget(config),
    database,
    path: config.flightPath === undefined ? undefined : parseFlightPath(config.flightPath),
    request: {
      filters: nonEmpty({
        contract_ids: config.filterContractIds,
        asset_codes: config.filterAssetCodes,
        asset_issuers: config.filterAssetIssuers,
      }),
      knownAssets: config.knownAssets,
      compact: config.compact,
      batchRows: Math.min(commitRows, FLIGHT_BATCH_ROWS),
    },
    wanted: { startLedger, endLedger, partitions },
    tables: config.loadTtl ? TABLE_NAMES : ['contract_data'],
    streamName: config.streamName,
    source: config.streamSource ?? addressText(config.flightEndpoint),
    commitRows,
    commitIntervalMs: config.commitIntervalMs,
    maxMemoryBytes: config.maxMemoryMb * BYTES_PER_MEGABYTE,
    maxRetries: config.maxRetries,
    deferIndexes: config.deferIndexes,
    pruneTombstones: config.pruneTombstones,
  };
}

/** A list that was not given is the service's to say. */
function nonEmpty(lists: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(lists).filter(([, members]) => members.length > 0));
}
