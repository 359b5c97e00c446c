/** The settings of `consume`. What it shares with `serve` is declared there. */
import { DATABASE_SETTINGS } from '../postgres/connection/database-settings.js';
import { endpoint, host } from './kinds/address.js';
import { duration } from './kinds/duration.js';
import { boolean, integer, port, text } from './kinds/scalars.js';
import { SERVE_SETTINGS } from './serve-settings.js';
import type { Settings, Values } from './setting.js';

const MAX_LEDGER = 2 ** 32 - 1;

export const CONSUME_SETTINGS = {
  flightEndpoint: {
    env: 'FLIGHT_ENDPOINT',
    yaml: 'consumer.flight_endpoint',
    kind: endpoint,
    default: 'localhost:8816',
    sentence: 'The Flight service that rows come from.',
  },
  flightPath: {
    env: 'FLIGHT_PATH',
    yaml: 'consumer.flight_path',
    kind: text('path'),
    sentence:
      'Read a session instead of a range: `contract/data` for the newest one, `contract/data/<id>` for that one.',
  },
  startLedger: {
    env: 'START_LEDGER',
    yaml: 'consumer.start_ledger',
    kind: integer('(a ledger)', 1, MAX_LEDGER),
    sentence: 'First ledger; must be given the first time that a range is loaded, later ones go on where it ended.',
  },
  endLedger: {
    env: 'END_LEDGER',
    yaml: 'consumer.end_ledger',
    kind: integer('(a ledger, 0: none)', 0, MAX_LEDGER),
    default: '0',
    sentence: 'Last ledger, inclusive; 0 follows the network.',
  },
  partitions: {
    env: 'PARTITIONS',
    yaml: 'consumer.partitions',
    kind: integer('parts', 1, 64),
    default: '1',
    sentence: 'Into how many parts to split a range with an end; they are loaded side by side.',
  },
  loadTtl: {
    env: 'LOAD_TTL',
    yaml: 'consumer.load_ttl',
    kind: boolean,
    default: 'true',
    sentence: 'Load the table ttl beside contract_data, as a stream of its own; a session has none.',
  },
  commitRows: {
    env: 'BATCH_SIZE',
    yaml: 'consumer.commit_rows',
    kind: integer('rows', 1, 10_000_000),
    default: '50000',
    sentence: 'Most rows of a transaction, to the end of a ledger; fewer where PostgreSQL would wait for more.',
  },
  commitIntervalMs: {
    env: 'COMMIT_INTERVAL',
    yaml: 'consumer.commit_interval',
    kind: duration('10ms', '1h'),
    default: '5s',
    sentence: 'Longest that a whole ledger waits for its transaction.',
  },
  maxRetries: {
    env: 'MAX_RETRIES',
    yaml: 'consumer.max_retries',
    kind: integer('times', 0, 1_000_000),
    default: '10',
    sentence:
      'How often in a row to try again after a failure of the Flight service or of PostgreSQL, without progress.',
  },
  maxMemoryMb: {
    env: 'MAX_MEMORY_MB',
    yaml: 'consumer.max_memory_mb',
    kind: integer('MiB', 16, 1_048_576),
    default: '256',
    sentence: 'Most encoded rows held at once; all partitions share it.',
  },
  deferIndexes: {
    env: 'DEFER_INDEXES',
    yaml: 'consumer.defer_indexes',
    kind: boolean,
    default: 'false',
    sentence: 'Make the secondary indexes only when END_LEDGER is reached: faster for a first, large load.',
  },
  pruneTombstones: {
    env: 'PRUNE_TOMBSTONES',
    yaml: 'consumer.prune_tombstones',
    kind: boolean,
    default: 'false',
    sentence: 'Take deleted keys out of current_states once all ledgers before their deletion are loaded.',
  },
  streamName: {
    env: 'STREAM_NAME',
    yaml: 'consumer.stream_name',
    kind: text('name'),
    sentence: 'What the stream is called in the database; unless given, a hash of what it consists of.',
  },
  streamSource: {
    env: 'STREAM_SOURCE',
    yaml: 'consumer.stream_source',
    kind: text('name'),
    sentence: 'Where the rows come from, as the database is to remember it; unless given, FLIGHT_ENDPOINT.',
  },

  metricsPort: {
    env: 'METRICS_PORT',
    yaml: 'consumer.metrics_port',
    kind: port,
    default: '9090',
    sentence: 'HTTP port of /health, /ready, /live, /metrics and /stats; 0 is any free one.',
  },
  metricsHost: {
    env: 'METRICS_HOST',
    yaml: 'consumer.metrics_host',
    kind: host,
    sentence: 'Interface of that port; every one unless given.',
  },
  advertiseHost: SERVE_SETTINGS.advertiseHost,
  shutdownTimeoutMs: {
    ...SERVE_SETTINGS.shutdownTimeoutMs,
    sentence: 'After SIGTERM or SIGINT: longest that the rows of whole ledgers may take to be committed.',
  },

  flightTls: {
    env: 'FLIGHT_TLS',
    yaml: 'consumer.flight_tls.enabled',
    kind: boolean,
    default: 'false',
    sentence: 'Connect to the Flight service with TLS.',
  },
  flightTlsCa: {
    env: 'FLIGHT_TLS_CA',
    yaml: 'consumer.flight_tls.ca',
    kind: text('file path'),
    sentence: "PEM file of the authorities that sign the service's certificate, instead of the well-known ones.",
  },
  flightTlsCert: {
    env: 'FLIGHT_TLS_CERT',
    yaml: 'consumer.flight_tls.cert',
    kind: text('file path'),
    sentence: 'PEM file of our certificate, for a service that asks for one.',
  },
  flightTlsKey: {
    env: 'FLIGHT_TLS_KEY',
    yaml: 'consumer.flight_tls.key',
    kind: text('file path'),
    sentence: "PEM file of that certificate's private key.",
  },
  flightTlsServerName: {
    env: 'FLIGHT_TLS_SERVER_NAME',
    yaml: 'consumer.flight_tls.server_name',
    kind: host,
    sentence: "The name in the service's certificate, where it is not the host of FLIGHT_ENDPOINT.",
  },
  flightToken: {
    env: 'FLIGHT_TOKEN',
    yaml: 'consumer.flight_token',
    kind: text('token'),
    sentence: 'Bearer token to show to the Flight service.',
    secret: true,
  },
  flightTokenFile: {
    env: 'FLIGHT_TOKEN_FILE',
    yaml: 'consumer.flight_token_file',
    kind: text('file path'),
    sentence: 'File whose first line is that token; read again when it changes, for the next connection.',
  },

  filterContractIds: {
    ...SERVE_SETTINGS.filterContractIds,
    sentence: 'Rows of these contracts only; unless given, what the service is configured with.',
  },
  filterAssetCodes: {
    ...SERVE_SETTINGS.filterAssetCodes,
    sentence: 'Rows that carry an asset with one of these codes only; unless given, as the service has it.',
  },
  filterAssetIssuers: {
    ...SERVE_SETTINGS.filterAssetIssuers,
    sentence: 'Rows that carry an asset of one of these issuers only; unless given, as the service has it.',
  },
  knownAssets: {
    ...SERVE_SETTINGS.knownAssets,
    sentence: 'Assets whose balances are to carry code and issuer; unless given, as the service has it.',
  },
  compact: {
    env: 'COMPACT',
    yaml: 'consumer.compact',
    kind: boolean,
    default: 'false',
    sentence: 'One row for each key and ledger, its net change, instead of every change.',
  },

  flowctlEnabled: SERVE_SETTINGS.flowctlEnabled,
  enableFlowctl: SERVE_SETTINGS.enableFlowctl,
  flowctlEndpoint: SERVE_SETTINGS.flowctlEndpoint,
  flowctlHeartbeatIntervalMs: SERVE_SETTINGS.flowctlHeartbeatIntervalMs,
  flowctlComponentId: { ...SERVE_SETTINGS.flowctlComponentId, yaml: 'consumer.component_id' },
  flowctlServiceId: { ...SERVE_SETTINGS.flowctlServiceId, yaml: 'consumer.service_id' },
  serviceName: {
    ...SERVE_SETTINGS.serviceName,
    yaml: 'consumer.service_name',
    default: 'contract-data-consumer',
  },
  serviceVersion: SERVE_SETTINGS.serviceVersion,
  flowctlDegradedErrorRate: SERVE_SETTINGS.flowctlDegradedErrorRate,
  flowctlUnhealthyErrorRate: SERVE_SETTINGS.flowctlUnhealthyErrorRate,
  flowctlStaleAfterMs: {
    ...SERVE_SETTINGS.flowctlStaleAfterMs,
    sentence: 'Degraded as well, when no ledger gets delivered or committed for so long though there is one.',
  },
  flowctlTls: SERVE_SETTINGS.flowctlTls,
  flowctlTlsCa: SERVE_SETTINGS.flowctlTlsCa,
  flowctlTlsCert: SERVE_SETTINGS.flowctlTlsCert,
  flowctlTlsKey: SERVE_SETTINGS.flowctlTlsKey,
  flowctlTlsServerName: SERVE_SETTINGS.flowctlTlsServerName,

  ...DATABASE_SETTINGS,

  logLevel: SERVE_SETTINGS.logLevel,
  debug: SERVE_SETTINGS.debug,
} as const satisfies Settings;

export type ConsumeConfig = Values<typeof CONSUME_SETTINGS>;
