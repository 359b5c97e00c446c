/** The service: Flight, the control port, health and metrics over one pipeline, from configuration to shutdown. */
import { Server } from '@grpc/grpc-js';
import { addressText } from './config/kinds/address.js';
import { SERVE_SETTINGS, type ServeConfig } from './config/serve-settings.js';
import { CONTRACT_DATA_PROTO, CONTRACT_DATA_SERVICE, contractDataService } from './control/contract-data-service.js';
import { CONTROL_PROTO, CONTROL_SERVICE, controlService } from './control/control-service.js';
import { SessionDefaults } from './control/session-defaults.js';
import { flightService } from './flight/flight-service.js';
import { acceptLongTimeouts, FLIGHT_SERVER_OPTIONS } from './flight/server-options.js';
import { Flowctl } from './flowctl/flowctl.js';
import {
  PROCESS_PATH,
  PROCESSOR_PROTO,
  PROCESSOR_SERVER_OPTIONS,
  PROCESSOR_SERVICE_NAME,
} from './flowctl/processor-service.js';
import { buildCommit } from './ops/build-commit.js';
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
import { ContractDataProducer } from './producer/contract-data-producer.js';
import { RangeProducer } from './producer/range-producer.js';
import { SessionProducer } from './producer/session-producer.js';
import { Quarantine } from './quarantine/quarantine.js';
import { parseRangeCommand, type RequestDefaults } from './request/range-request.js';
import { sampleSessions, SessionMetrics } from './session/session-metrics.js';
import { flightTokenAuth } from './security/flight-token-auth.js';
import { limitConnections } from './security/connection-limit.js';
import { serviceSecurity } from './security/listener-security.js';
import { requestLimit } from './security/request-limit.js';
import { HEALTH_SERVICE, tokenInterceptors } from './security/token-interceptor.js';
import { sampleGauges } from './service-gauges.js';
import { bind, closeServer } from './service-listeners.js';
import { openServiceSource } from './service-source.js';
import type { GrpcLedgerSourceOptions } from './source/grpc-source.js';
import { RecentEvents } from './status-page/recent-events.js';
import { StatusPage } from './status-page/status-page.js';
import { MemoryShares } from './stream/memory-shares.js';

const FLIGHT_SERVICE_NAME = 'arrow.flight.protocol.FlightService';
const CONTROL_SERVICES = [CONTROL_SERVICE, CONTRACT_DATA_SERVICE, PROCESSOR_SERVICE_NAME];
const CONTROL_PROTOS = [CONTROL_PROTO, CONTRACT_DATA_PROTO, PROCESSOR_PROTO];
const TASK_TIMEOUT_MS = 120_000;
const BYTES_PER_MEGABYTE = 2 ** 20;

/** Ports that the service listens on. */
export interface ServicePorts {
  readonly flight: number;
  readonly grpc: number;
  readonly health: number;
}

/** What is fixed but for tests, which bring threads that fail and have little patience. */
export interface ServiceInternals {
  readonly threadEntry?: URL;
  readonly taskTimeoutMs?: number;
  readonly sourcePatience?: Pick<GrpcLedgerSourceOptions, 'backoff' | 'gapWaitMs'>;
}

/** Starts the service and registers its end with `shutdown`. Rejects with LISTEN_FAILED where a port cannot be had. */
export async function startService(
  config: ServeConfig,
  version: string,
  log: Logger,
  shutdown: Shutdown,
  internals: ServiceInternals = {},
): Promise<ServicePorts> {
  const security = serviceSecurity(config);
  const events = new RecentEvents();
  const logger = events.watch(log);
  const metrics = new Metrics(version);
  const health = new Health();
  events.watchHealth(health);
  const flowctl = new Flowctl({ config, version, metrics, health, logger });
  const memory = new MemoryShares(config.maxMemoryMb * BYTES_PER_MEGABYTE, config.streamShareBytes);
  const opened = await openServiceSource({
    config,
    health,
    flowctl,
    observer: sourceMetrics(metrics),
    taskTimeoutMs: internals.taskTimeoutMs ?? TASK_TIMEOUT_MS,
    threadEntry: internals.threadEntry,
    patience: internals.sourcePatience,
    onThreadReplaced: (error) => {
      metrics.of.workersReplaced.inc();
      logger.warn({ code: error.code }, error.message);
    },
  });
  const { source, pool } = opened;
  const quarantine = new Quarantine({
    directory: config.quarantineDir,
    networkPassphrase: config.networkPassphrase,
    logger,
    onSetAside: (ledgers, code) => {
      metrics.of.quarantinedLedgers.inc(ledgers);
      metrics.of.processingErrors.inc({ code });
    },
  });
  sampleGauges(metrics, config, { memory, pool, source });
  const streamMetrics = new StreamMetrics(metrics);
  const pipeline = new Pipeline({
    source,
    pool,
    memory,
    quarantine,
    metrics: streamMetrics,
    logger,
    sessions: {
      windowBytes: config.sessionWindowMb * BYTES_PER_MEGABYTE,
      slowReaderTimeoutMs: config.slowReaderTimeoutMs,
      retentionMs: config.sessionRetentionMs,
      metrics: new SessionMetrics(metrics, streamMetrics),
    },
    settings: {
      ledgersPerTask: config.ledgersPerTask,
      lookAheadTasks: Math.max(1, Math.ceil(config.channelBufferLedgers / config.ledgersPerTask)),
      flushIntervalMs: config.flushIntervalMs,
      keepaliveIntervalMs: config.keepaliveIntervalMs,
    },
  });
  sampleSessions(metrics, pipeline.sessions);
  const sessionDefaults = new SessionDefaults(requestDefaults(config));
  const producer = new ContractDataProducer(
    new RangeProducer({
      defaults: requestDefaults(config),
      openRange: pipeline.openRange,
      oldestLedger: () => 1,
    }),
    new SessionProducer({
      sessions: pipeline.sessions,
      defaultRequest: () => sessionDefaults.request,
      keepaliveIntervalMs: config.keepaliveIntervalMs,
    }),
  );

  const listeners = health.component('listeners');
  const statusPage = new StatusPage({
    service: {
      name: config.serviceName,
      version: config.serviceVersion ?? version,
      commit: buildCommit(),
      network: config.networkPassphrase,
      source: opened.name,
    },
    metrics,
    health,
    pipeline,
    events,
    pool,
    workerThreads: config.workerCount,
    settings: SERVE_SETTINGS,
    values: config,
  });
  const http = new HttpServer({
    host: config.healthHost,
    port: config.healthPort,
    version,
    health,
    metrics,
    logger,
    pages: statusPage.pages,
    security: security.health,
    maxConnections: config.maxConnections,
  });
  // Flight checks tokens itself, so that its metrics know of refusals; what else is there does not.
  const flight = new Server({
    ...FLIGHT_SERVER_OPTIONS,
    'grpc.max_concurrent_streams': config.maxStreamsPerConnection,
    'grpc.max_receive_message_length': config.maxRequestBytes,
    interceptors: tokenInterceptors(security.flight.tokens, [HEALTH_SERVICE, FLIGHT_SERVICE_NAME]),
  });
  const { definition, implementation } = flightService(producer, {
    observer: flightMetrics(metrics),
    ...(security.flight.tokens.areRequired && { auth: flightTokenAuth(security.flight.tokens) }),
  });
  flight.addService(definition, implementation);
  const control = new Server({
    ...PROCESSOR_SERVER_OPTIONS,
    'grpc.max_concurrent_streams': config.maxStreamsPerConnection,
    interceptors: [
      requestLimit(config.maxRequestBytes, PROCESS_PATH),
      ...tokenInterceptors(security.control.tokens, [HEALTH_SERVICE]),
      ...(PROCESSOR_SERVER_OPTIONS.interceptors ?? []),
    ],
  });
  flowctl.addTo(
    control,
    {
      pool,
      // A pipeline has no way to be told of a gap, so that a bad ledger always ends it.
      decode: parseRangeCommand('{"start_ledger":1,"on_bad_ledger":"fail"}', requestDefaults(config)).range.decode,
      lookAheadEvents: config.channelBufferLedgers,
      openMemory: () => pipeline.sessions.withSpareMemory(() => memory.openStream()),
      openMeter: (startLedger) => streamMetrics.open('pipeline', startLedger),
    },
    () => source.openStreams.length,
  );
  let flightEndpoint = '';
  const identity = {
    name: config.serviceName,
    version: config.serviceVersion ?? version,
    networkPassphrase: config.networkPassphrase,
    flightEndpoint: () => flightEndpoint,
  };
  for (const service of [
    controlService(pipeline.sessions, sessionDefaults),
    contractDataService(identity, sessionDefaults, pipeline.counts, health),
  ]) {
    control.addService(service.definition, service.implementation);
  }
  const stopHealth = [flight, control].map((server) => {
    const services = server === flight ? [FLIGHT_SERVICE_NAME] : CONTROL_SERVICES;
    addGrpcReflection(server, server === flight ? ['arrow/flight/Flight.proto'] : CONTROL_PROTOS, services);
    return addGrpcHealth(server, health, services);
  });

  // flowctl is told at once, beside everything else: one that has started us waits for no more than a second.
  let flowctlLeft = Promise.resolve();
  // Along the way of the data: no more ledgers, what was accepted to the readers, then everything that served them.
  shutdown.step('leave the source', () => {
    flowctlLeft = flowctl.stop();
    listeners.unavailable('shutting down');
    pipeline.drain();
    opened.close();
  });
  shutdown.step('deliver what was accepted', (signal) => closeServer(flight, signal));
  shutdown.step('end the sessions', () => pipeline.sessions.close());
  shutdown.step('close the control port', (signal) => closeServer(control, signal));
  shutdown.step('leave flowctl', () => flowctlLeft);
  shutdown.step('end the decode threads', () => pool.close());
  shutdown.step('close the health port', async () => {
    for (const stop of stopHealth) stop();
    await http.close();
    statusPage.close();
    metrics.close();
  });

  const ports = {
    health: (await http.listen()).port,
    flight: await bind(flight, 'FLIGHT_ADDRESS', config.flightAddress, security.flight),
    grpc: await bind(control, 'GRPC_ADDRESS', config.grpcAddress, security.control),
  };
  acceptLongTimeouts(flight);
  for (const server of [flight, control]) limitConnections(server, config.maxConnections);
  flightEndpoint = addressText({ host: config.advertiseHost ?? config.flightAddress.host, port: ports.flight });
  flowctl.start(ports);
  listeners.ready();
  logger.info({ ...ports, source: opened.name, network: config.networkPassphrase }, 'serving');
  return ports;
}

function requestDefaults(config: ServeConfig): RequestDefaults {
  return {
    networkPassphrase: config.networkPassphrase,
    batchRows: config.batchRows,
    onBadLedger: config.onBadLedger,
    knownAssets: config.knownAssets,
    filters: {
      contract_ids: config.filterContractIds,
      asset_codes: config.filterAssetCodes,
      asset_issuers: config.filterAssetIssuers,
      include_deleted: config.includeDeleted,
    },
  };
}
