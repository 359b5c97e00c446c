/** The service: Flight, the control port, health and metrics over one pipeline, from configuration to shutdown. */
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ProcessorError } from '../workers/errors.js';
import { type Address, addressText } from './config/kinds/address.js';
import type { ServeConfig } from './config/serve-settings.js';
import { flightService } from './flight/flight-service.js';
import { acceptLongTimeouts, FLIGHT_SERVER_OPTIONS } from './flight/server-options.js';
import { flightMetrics } from './ops/flight-metrics.js';
import { addGrpcHealth } from './ops/grpc-health.js';
import { addGrpcReflection } from './ops/grpc-reflection.js';
import { Health } from './ops/health.js';
import { HttpServer } from './ops/http-server.js';
import type { Logger } from './ops/logger.js';
import { Metrics } from './ops/metrics.js';
import type { Shutdown } from './ops/shutdown.js';
import { sourceMetrics } from './ops/source-metrics.js';
import { StreamMetrics } from './ops/stream-metrics.js';
import { Pipeline } from './pipeline.js';
import { ThreadDecodePool } from './pool/decode-pool.js';
import { RangeProducer } from './producer/range-producer.js';
import type { RequestDefaults } from './request/range-request.js';
import { GrpcLedgerSource, type GrpcLedgerSourceOptions } from './source/grpc-source.js';
import { SourceProbe } from './source/source-probe.js';
import { MemoryShares } from './stream/memory-shares.js';

const FLIGHT_SERVICE_NAME = 'arrow.flight.protocol.FlightService';
const TASK_TIMEOUT_MS = 120_000;
const BYTES_PER_MEGABYTE = 2 ** 20;

/** Ports that the service listens on. */
export interface ServicePorts {
  readonly flight: number;
  readonly grpc: number;
  readonly health: number;
}

/** Starts the service and registers its end with `shutdown`. Rejects with LISTEN_FAILED where a port cannot be had. */
export async function startService(
  config: ServeConfig,
  version: string,
  logger: Logger,
  shutdown: Shutdown,
): Promise<ServicePorts> {
  const metrics = new Metrics(version);
  const health = new Health();
  const sourceOptions = sourceOptionsOf(config);
  const source = new GrpcLedgerSource({ ...sourceOptions, observer: sourceMetrics(metrics) });
  const memory = new MemoryShares(config.maxMemoryMb * BYTES_PER_MEGABYTE, config.streamShareBytes);
  const pool = new ThreadDecodePool({
    threads: config.workerCount,
    maxBytesInFlight: memory.capacityBytes,
    taskTimeoutMs: TASK_TIMEOUT_MS,
  });
  sampleGauges(metrics, config, { memory, pool, source });
  const pipeline = new Pipeline({
    source,
    pool,
    memory,
    metrics: new StreamMetrics(metrics),
    logger,
    settings: {
      ledgersPerTask: config.ledgersPerTask,
      lookAheadTasks: Math.max(1, Math.ceil(config.channelBufferLedgers / config.ledgersPerTask)),
      flushIntervalMs: config.flushIntervalMs,
      keepaliveIntervalMs: config.keepaliveIntervalMs,
    },
  });
  const producer = new RangeProducer({
    defaults: requestDefaults(config),
    openRange: pipeline.openRange,
    oldestLedger: () => 1,
  });

  const listeners = health.component('listeners');
  const probe = new SourceProbe(sourceOptions, health.component('source'));
  const http = new HttpServer({ host: config.healthHost, port: config.healthPort, version, health, metrics, logger });
  const flight = new Server(FLIGHT_SERVER_OPTIONS);
  const { definition, implementation } = flightService(producer, { observer: flightMetrics(metrics) });
  flight.addService(definition, implementation);
  const control = new Server();
  const stopHealth = [flight, control].map((server) => {
    const services = server === flight ? [FLIGHT_SERVICE_NAME] : [];
    addGrpcReflection(server, server === flight ? ['arrow/flight/Flight.proto'] : [], services);
    return addGrpcHealth(server, health, services);
  });

  // Along the way of the data: no more ledgers, what was accepted to the readers, then everything that served them.
  shutdown.step('leave the source', () => {
    listeners.unavailable('shutting down');
    pipeline.drain();
    probe.close();
  });
  shutdown.step('deliver what was accepted', (signal) => closeServer(flight, signal));
  shutdown.step('close the control port', (signal) => closeServer(control, signal));
  shutdown.step('end the decode threads', () => pool.close());
  shutdown.step('close the health port', async () => {
    for (const stop of stopHealth) stop();
    await http.close();
    metrics.close();
  });

  const ports = {
    health: (await http.listen()).port,
    flight: await bind(flight, 'FLIGHT_ADDRESS', config.flightAddress),
    grpc: await bind(control, 'GRPC_ADDRESS', config.grpcAddress),
  };
  acceptLongTimeouts(flight);
  listeners.ready();
  logger.info({ ...ports, source: sourceOptions.target, network: config.networkPassphrase }, 'serving');
  return ports;
}

function sourceOptionsOf(config: ServeConfig): GrpcLedgerSourceOptions {
  const { sourceTlsCa: ca, sourceTlsCert: cert, sourceTlsKey: key, sourceTlsServerName: serverName } = config;
  const tls = {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
    ...(serverName !== undefined && { serverName }),
  };
  return {
    target: addressText(config.sourceEndpoint),
    networkPassphrase: config.networkPassphrase,
    gapRetries: config.sourceGapRetries,
    idleTimeoutMs: config.sourceIdleTimeoutMs,
    ...(config.sourceTls && { tls }),
  };
}

function requestDefaults(config: ServeConfig): RequestDefaults {
  return {
    networkPassphrase: config.networkPassphrase,
    batchRows: config.batchRows,
    knownAssets: config.knownAssets,
    filters: {
      contract_ids: config.filterContractIds,
      asset_codes: config.filterAssetCodes,
      asset_issuers: config.filterAssetIssuers,
      include_deleted: config.includeDeleted,
    },
  };
}

function sampleGauges(
  metrics: Metrics,
  config: ServeConfig,
  parts: { readonly memory: MemoryShares; readonly pool: ThreadDecodePool; readonly source: GrpcLedgerSource },
): void {
  const { of } = metrics;
  of.memoryLimit.set(parts.memory.capacityBytes);
  of.workerThreads.set(config.workerCount);
  metrics.beforeScrape(() => {
    const inPool = parts.pool.bytesInFlight;
    of.queuedBytes.set({ stage: 'pool' }, inPool);
    of.queuedBytes.set({ stage: 'stream' }, Math.max(0, parts.memory.usedBytes - inPool));
    of.workerUtilisation.set(parts.pool.utilisation);
    const states = parts.source.openStreams.map(({ state }) => state.kind);
    for (const state of ['connecting', 'streaming', 'waiting'] as const) {
      of.sourceConnections.set({ state }, states.filter((kind) => kind === state).length);
    }
  });
}

/** Binds `server`; an empty host is every interface, IPv6 and IPv4 alike. */
async function bind(server: Server, key: string, { host, port }: Address): Promise<number> {
  const bindAsync = promisify(server.bindAsync.bind(server));
  const hosts = host === '' ? ['[::]', '0.0.0.0'] : [host.includes(':') ? `[${host}]` : host];
  let failure: unknown;
  for (const candidate of hosts) {
    try {
      return await bindAsync(`${candidate}:${port}`, ServerCredentials.createInsecure());
    } catch (error) {
      failure = error;
    }
  }
  const reason = failure instanceof Error ? failure.message : String(failure);
  throw new ProcessorError('LISTEN_FAILED', `${key}: cannot listen on ${host}:${port}: ${reason}`, { key }, failure);
}

/** Lets calls end; cuts them off when `signal` says that time is short. */
async function closeServer(server: Server, signal: AbortSignal): Promise<void> {
  const force = (): void => server.forceShutdown();
  signal.addEventListener('abort', force, { once: true });
  if (signal.aborted) force();
  await promisify(server.tryShutdown.bind(server))();
}
