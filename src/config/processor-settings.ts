/** The settings of `serve` for where it listens, and for what it does with ledgers, batches, sessions and memory. */
import { availableParallelism } from 'node:os';
import { DEFAULT_NETWORK_PASSPHRASE } from '../request/networks.js';
import { host, listenAddress } from './kinds/address.js';
import { byteSize } from './kinds/byte-size.js';
import { duration } from './kinds/duration.js';
import { choice, integer, network, port, text } from './kinds/scalars.js';
import type { Settings } from './setting.js';

export const PROCESSOR_SETTINGS = {
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
} as const satisfies Settings;
