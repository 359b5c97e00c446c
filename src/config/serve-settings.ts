/** The settings of `serve`. Adding one is one entry here. */
import { availableParallelism } from 'node:os';
import { DEFAULT_NETWORK_PASSPHRASE } from '../request/networks.js';
import { endpoint, host, listenAddress } from './kinds/address.js';
import { byteSize } from './kinds/byte-size.js';
import { duration } from './kinds/duration.js';
import { accounts, assetCodes, contractIds, knownAssets } from './kinds/row-list.js';
import { boolean, choice, integer, network, port, text } from './kinds/scalars.js';
import { sourceLocation } from './kinds/source-location.js';
import { sourceEndpoint } from '../flowctl/source-endpoint.js';
import { SECURITY_SETTINGS } from './security-settings.js';
import type { Settings, Values } from './setting.js';

export const SERVE_SETTINGS = {
  grpcAddress: {
    env: 'GRPC_ADDRESS',
    yaml: 'processor.grpc_address',
    kind: listenAddress,
    default: ':8815',
    sentence: 'Where the control plane listens; `:port` is every interface, port 0 any free one.',
  },
  flightAddress: {
    env: 'FLIGHT_ADDRESS',
    yaml: 'processor.flight_address',
    kind: listenAddress,
    default: ':8816',
    sentence: 'Where Arrow Flight listens.',
  },
  healthPort: {
    env: 'HEALTH_PORT',
    yaml: 'processor.health_port',
    kind: port,
    default: '8089',
    sentence: 'HTTP port of /health, /ready, /live and /metrics; 0 is any free one.',
  },
  healthHost: {
    env: 'HEALTH_HOST',
    yaml: 'processor.health_host',
    kind: host,
    sentence: 'Interface of that port; every one unless given.',
  },
  advertiseHost: {
    env: 'ADVERTISE_HOST',
    yaml: 'processor.advertise_host',
    kind: host,
    sentence: 'The host by which others reach this service, where addresses are published.',
  },
  networkPassphrase: {
    env: 'NETWORK_PASSPHRASE',
    yaml: 'processor.network_passphrase',
    kind: network,
    default: DEFAULT_NETWORK_PASSPHRASE,
    sentence: 'The network whose ledgers are expected; ledgers of another one are refused.',
  },
  batchRows: {
    env: 'BATCH_SIZE',
    yaml: 'processor.batch_size',
    kind: integer('rows', 1, 1_000_000),
    default: '1000',
    sentence: 'Most rows in a record batch, where a request names no batch_size.',
  },
  flushIntervalMs: {
    env: 'FLUSH_INTERVAL',
    yaml: 'processor.flush_interval',
    kind: duration('10ms', '10m'),
    default: '5s',
    sentence: 'Longest that rows wait for a batch to fill while the source stalls.',
  },
  workerCount: {
    env: 'WORKER_COUNT',
    yaml: 'processor.worker_count',
    kind: integer('threads', 1, 256),
    default: {
      text: 'cores - 1, at least 1',
      compute: () => String(Math.max(1, availableParallelism() - 1)),
    },
    sentence: 'Decode threads.',
  },
  ledgersPerTask: {
    env: 'LEDGERS_PER_TASK',
    yaml: 'processor.ledgers_per_task',
    kind: integer('ledgers', 1, 1024),
    default: '8',
    sentence: 'Most ledgers that a thread decodes at once.',
  },
  channelBufferLedgers: {
    env: 'CHANNEL_BUFFER_SIZE',
    yaml: 'processor.channel_buffer_size',
    kind: integer('ledgers', 1, 100_000),
    default: '100',
    sentence: 'Most ledgers accepted from a source ahead of the decode threads; MAX_MEMORY_MB bounds their bytes.',
  },
  maxMemoryMb: {
    env: 'MAX_MEMORY_MB',
    yaml: 'processor.max_memory_mb',
    kind: integer('MiB', 32, 1_048_576),
    default: '256',
    sentence: 'Most payload bytes held at once: raw, being decoded, encoded and waiting for readers.',
  },
  streamShareBytes: {
    env: 'STREAM_SHARE',
    yaml: 'processor.stream_share',
    kind: byteSize('4MiB', '1GiB'),
    default: '8MiB',
    sentence: 'The part of MAX_MEMORY_MB that is kept for each open stream; a stream that cannot have it is refused.',
  },
  unpackedLimitBytes: {
    env: 'UNPACKED_LIMIT',
    yaml: 'processor.unpacked_limit',
    kind: byteSize('1MiB', '1GiB'),
    default: '256MiB',
    sentence: 'Most bytes that one compressed object may unpack to.',
  },
  slowReaderTimeoutMs: {
    env: 'SLOW_READER_TIMEOUT',
    yaml: 'processor.slow_reader_timeout',
    kind: duration('100ms', '24h'),
    default: '30s',
    sentence: 'A reader that keeps others waiting for longer is disconnected and told where to resume.',
  },
  sessionWindowMb: {
    env: 'SESSION_WINDOW_MB',
    yaml: 'processor.session_window_mb',
    kind: integer('MiB', 4, 65_536),
    default: '16',
    sentence: 'Most bytes of batches that a session holds for its readers, out of MAX_MEMORY_MB.',
  },
  sessionRetentionMs: {
    env: 'SESSION_RETENTION',
    yaml: 'processor.session_retention',
    kind: duration('100ms', '24h'),
    default: '10m',
    sentence: 'How long the rows of a session that has ended stay for readers; it is listed for as long again.',
  },
  keepaliveIntervalMs: {
    env: 'KEEPALIVE_INTERVAL',
    yaml: 'processor.keepalive_interval',
    kind: duration('100ms', '1h'),
    default: '5s',
    sentence: 'A stream quiet for so long sends a batch without rows that tells its progress.',
  },
  onBadLedger: {
    env: 'ON_BAD_LEDGER',
    yaml: 'processor.on_bad_ledger',
    kind: choice('fail', 'quarantine'),
    default: 'fail',
    sentence: 'What an unreadable or missing ledger does: end the stream, or be set aside, with the gap announced.',
  },
  quarantineDir: {
    env: 'QUARANTINE_DIR',
    yaml: 'processor.quarantine_dir',
    kind: text('directory'),
    default: './quarantine',
    sentence: 'Where the bytes of quarantined ledgers are kept.',
  },
  shutdownTimeoutMs: {
    env: 'SHUTDOWN_TIMEOUT',
    yaml: 'processor.shutdown_timeout',
    kind: duration('100ms', '1h'),
    default: '30s',
    sentence: 'After SIGTERM or SIGINT: longest that accepted ledgers may take to reach their readers.',
  },

  source: {
    env: 'SOURCE',
    yaml: 'processor.source',
    kind: sourceLocation,
    sentence:
      'Where ledgers come from: a raw ledger service, or a data lake in a folder or bucket (docs/data-lake.md). ' +
      'Goes before SOURCE_ENDPOINT.',
  },
  sourceAccessKeyId: {
    env: 'SOURCE_ACCESS_KEY_ID',
    yaml: 'source.access_key_id',
    kind: text('key id'),
    sentence:
      'Access key of the bucket, or HMAC key of gs://; without it what the AWS client finds, else buckets are read unsigned.',
  },
  sourceSecretAccessKey: {
    env: 'SOURCE_SECRET_ACCESS_KEY',
    yaml: 'source.secret_access_key',
    kind: text('key'),
    sentence: 'The secret of that key.',
    secret: true,
  },
  sourceEndpoint: {
    env: 'SOURCE_ENDPOINT',
    yaml: 'source.endpoint',
    kind: sourceEndpoint,
    default: 'localhost:50053',
    sentence: 'The raw ledger service that ledgers come from; `flowctl`: whichever flowctl knows.',
  },
  sourceGapRetries: {
    env: 'SOURCE_GAP_RETRIES',
    yaml: 'source.gap_retries',
    kind: integer('times', 0, 1000),
    default: '5',
    sentence: 'How often to ask again for a ledger that the source skips, before ON_BAD_LEDGER applies.',
  },
  sourceIdleTimeoutMs: {
    env: 'SOURCE_IDLE_TIMEOUT',
    yaml: 'source.idle_timeout',
    kind: duration('100ms', '24h'),
    default: '60s',
    sentence: 'A source that sends nothing for so long is connected to anew.',
  },
  sourceTls: {
    env: 'SOURCE_TLS',
    yaml: 'source.tls.enabled',
    kind: boolean,
    default: 'false',
    sentence: 'Connect to the source with TLS.',
  },
  sourceTlsCa: {
    env: 'SOURCE_TLS_CA',
    yaml: 'source.tls.ca',
    kind: text('file path'),
    sentence: "PEM file of the authorities that sign the source's certificate, instead of the well-known ones.",
  },
  sourceTlsCert: {
    env: 'SOURCE_TLS_CERT',
    yaml: 'source.tls.cert',
    kind: text('file path'),
    sentence: 'PEM file of our certificate, for a source that asks for one.',
  },
  sourceTlsKey: {
    env: 'SOURCE_TLS_KEY',
    yaml: 'source.tls.key',
    kind: text('file path'),
    sentence: "PEM file of that certificate's private key.",
  },
  sourceTlsServerName: {
    env: 'SOURCE_TLS_SERVER_NAME',
    yaml: 'source.tls.server_name',
    kind: host,
    sentence: "The name in the source's certificate, where it is not the host of SOURCE_ENDPOINT.",
  },

  sourceToken: {
    env: 'SOURCE_TOKEN',
    yaml: 'source.token',
    kind: text('token'),
    sentence: 'Bearer token to show to the source.',
    secret: true,
  },
  sourceTokenFile: {
    env: 'SOURCE_TOKEN_FILE',
    yaml: 'source.token_file',
    kind: text('file path'),
    sentence: 'File whose first line is that token; read again when it changes, for the next connection.',
  },

  ...SECURITY_SETTINGS,

  filterContractIds: {
    env: 'FILTER_CONTRACT_IDS',
    yaml: 'filters.contract_ids',
    kind: contractIds,
    default: '',
    sentence: 'Rows of these contracts only, where a request names none.',
  },
  filterAssetCodes: {
    env: 'FILTER_ASSET_CODES',
    yaml: 'filters.asset_codes',
    kind: assetCodes,
    default: '',
    sentence: 'Rows that carry an asset with one of these codes only, where a request names none.',
  },
  filterAssetIssuers: {
    env: 'FILTER_ASSET_ISSUERS',
    yaml: 'filters.asset_issuers',
    kind: accounts,
    default: '',
    sentence: 'Rows that carry an asset of one of these issuers only, where a request names none.',
  },
  includeDeleted: {
    env: 'INCLUDE_DELETED',
    yaml: 'filters.include_deleted',
    kind: boolean,
    default: 'true',
    sentence:
      'Whether removed and evicted entries give rows, where a request does not say; state cannot be rebuilt without.',
  },
  knownAssets: {
    env: 'KNOWN_ASSETS',
    yaml: 'filters.known_assets',
    kind: knownAssets,
    default: '',
    sentence: 'Assets whose balances are to carry code and issuer; native is always known.',
  },

  flowctlEnabled: {
    env: 'FLOWCTL_ENABLED',
    yaml: 'flowctl.enabled',
    kind: boolean,
    sentence:
      'Register with flowctl; unless given, whatever ENABLE_FLOWCTL says, else whether FLOWCTL_COMPONENT_ID is given.',
  },
  enableFlowctl: {
    env: 'ENABLE_FLOWCTL',
    yaml: 'flowctl.enable_flowctl',
    kind: boolean,
    sentence: 'The same by the name that `flowctl run` uses; either one that is true enables.',
  },
  flowctlEndpoint: {
    env: 'FLOWCTL_ENDPOINT',
    yaml: 'flowctl.endpoint',
    kind: endpoint,
    default: 'localhost:8080',
    sentence: "flowctl's control plane.",
  },
  flowctlHeartbeatIntervalMs: {
    env: 'FLOWCTL_HEARTBEAT_INTERVAL',
    yaml: 'flowctl.heartbeat_interval',
    kind: duration('100ms', '1h'),
    default: '10s',
    sentence: 'Time between heartbeats; flowctl takes a service without one for 30s to be unhealthy.',
  },
  flowctlComponentId: {
    env: 'FLOWCTL_COMPONENT_ID',
    yaml: 'flowctl.component_id',
    kind: text('id'),
    sentence: 'The id to register under; unless given, FLOWCTL_SERVICE_ID, else SERVICE_NAME.',
  },
  flowctlServiceId: {
    env: 'FLOWCTL_SERVICE_ID',
    yaml: 'flowctl.service_id',
    kind: text('id'),
    sentence: 'The same by its older name.',
  },
  serviceName: {
    env: 'SERVICE_NAME',
    yaml: 'flowctl.service_name',
    kind: text('name'),
    default: 'contract-data-processor',
    sentence: 'What this service is called among others.',
  },
  serviceVersion: {
    env: 'SERVICE_VERSION',
    yaml: 'flowctl.service_version',
    kind: text('version'),
    sentence: 'The version to publish; unless given, that of the program.',
  },
  flowctlDegradedErrorRate: {
    env: 'FLOWCTL_DEGRADED_ERROR_RATE',
    yaml: 'flowctl.degraded_error_rate',
    kind: integer('percent', 1, 100),
    default: '5',
    sentence: 'From this share of errors on, over the last minute, the service reports itself as degraded.',
  },
  flowctlUnhealthyErrorRate: {
    env: 'FLOWCTL_UNHEALTHY_ERROR_RATE',
    yaml: 'flowctl.unhealthy_error_rate',
    kind: integer('percent', 1, 100),
    default: '25',
    sentence: 'From this share of errors on it reports itself as unhealthy.',
  },
  flowctlStaleAfterMs: {
    env: 'FLOWCTL_STALE_AFTER',
    yaml: 'flowctl.stale_after',
    kind: duration('1s', '24h'),
    default: '60s',
    sentence: 'Degraded as well, when no ledger gets delivered for so long though the source has one.',
  },
  flowctlTls: {
    env: 'FLOWCTL_TLS',
    yaml: 'flowctl.tls.enabled',
    kind: boolean,
    default: 'false',
    sentence: 'Connect to flowctl with TLS.',
  },
  flowctlTlsCa: {
    env: 'FLOWCTL_TLS_CA',
    yaml: 'flowctl.tls.ca',
    kind: text('file path'),
    sentence: "PEM file of the authorities that sign flowctl's certificate, instead of the well-known ones.",
  },
  flowctlTlsCert: {
    env: 'FLOWCTL_TLS_CERT',
    yaml: 'flowctl.tls.cert',
    kind: text('file path'),
    sentence: 'PEM file of our certificate, for a flowctl that asks for one.',
  },
  flowctlTlsKey: {
    env: 'FLOWCTL_TLS_KEY',
    yaml: 'flowctl.tls.key',
    kind: text('file path'),
    sentence: "PEM file of that certificate's private key.",
  },
  flowctlTlsServerName: {
    env: 'FLOWCTL_TLS_SERVER_NAME',
    yaml: 'flowctl.tls.server_name',
    kind: host,
    sentence: "The name in flowctl's certificate, where it is not the host of FLOWCTL_ENDPOINT.",
  },

  logLevel: {
    env: 'LOG_LEVEL',
    yaml: 'log.level',
    kind: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    default: 'info',
    sentence: 'The least severe log lines to write.',
  },
  debug: {
    env: 'DEBUG',
    yaml: 'log.debug',
    kind: boolean,
    default: 'false',
    sentence: 'Log at least at level debug.',
    sharedVariable: true,
  },
} as const satisfies Settings;

export type ServeConfig = Values<typeof SERVE_SETTINGS>;
