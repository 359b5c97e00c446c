/**
 * The metrics, declared once: /metrics and docs/metrics.md come from this table.
 *
 * Names follow `contract_data_<noun>_<unit>[_total]`, in base units; those of the Go predecessor are kept as they were.
 * Every label has a fixed set of values, so that the number of series is bounded.
 */
import { ERROR_CODES, type ErrorCode } from '../../workers/errors.js';

/** Values by label. */
export type LabelSets = Readonly<Record<string, readonly string[]>>;

export interface MetricDeclaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: LabelSets;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const ERROR_CODE_NAMES = Object.keys(ERROR_CODES) as ErrorCode[];

/** Where ledgers and rows wait, along their way. */
const STAGES = ['source', 'pool', 'stream'] as const;

/** Of streams of rows: read as a range, pushed into a session, or sent back to flowctl's runner. */
export const STREAM_KINDS = ['range', 'session', 'pipeline'] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

const FLIGHT_METHODS = [
  'Handshake',
  'ListFlights',
  'GetFlightInfo',
  'PollFlightInfo',
  'GetSchema',
  'DoGet',
  'DoPut',
  'DoExchange',
  'DoAction',
  'ListActions',
] as const;

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const RPC_CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export type RpcCode = (typeof RPC_CODES)[number];

export const METRICS = {
  contractsProcessed: {
    name: 'contract_data_contracts_processed_total',
    type: 'counter',
    help: 'Rows that passed the filters, in batches delivered.',
  },
  entriesSkipped: {
    name: 'contract_data_entries_skipped_total',
    type: 'counter',
    help: 'Rows that the filters refused.',
  },
  batchesCreated: {
    name: 'contract_data_batches_created_total',
    type: 'counter',
    help: 'Record batches made.',
  },
  bytesProcessed: {
    name: 'contract_data_bytes_processed_total',
    type: 'counter',
    help: 'Uncompressed LedgerCloseMeta bytes decoded.',
  },
  processingErrors: {
    name: 'contract_data_processing_errors_total',
    type: 'counter',
    help: 'Errors, by their code.',
    labels: { code: ERROR_CODE_NAMES },
  },
  processingDuration: {
    name: 'contract_data_processing_duration_seconds',
    type: 'histogram',
    help: 'Time from the receipt of a ledger to its encoded rows.',
    buckets: Array.from({ length: 14 }, (_, i) => 0.001 * 2 ** i),
  },
  currentLedger: {
    name: 'contract_data_current_ledger',
    type: 'gauge',
    help: 'The last ledger delivered without a gap before it, by the stream that is furthest.',
  },
  flowctlRegistered: {
    name: 'contract_data_flowctl_registered',
    type: 'gauge',
    help: '1 while a live registration with flowctl exists.',
  },
  flowctlHeartbeatsSent: {
    name: 'contract_data_flowctl_heartbeats_sent_total',
    type: 'counter',
    help: 'Heartbeats that flowctl accepted.',
  },
  flowctlHeartbeatErrors: {
    name: 'contract_data_flowctl_heartbeat_errors_total',
    type: 'counter',
    help: 'Heartbeats that failed.',
  },
  activeSessions: {
    name: 'contract_data_active_sessions',
    type: 'gauge',
    help: 'Sessions that are starting, running or stopping.',
  },
  flightClientsConnected: {
    name: 'contract_data_flight_clients_connected',
    type: 'gauge',
    help: 'Readers in a DoGet.',
  },
  flightRecordsStreamed: {
    name: 'contract_data_flight_records_streamed_total',
    type: 'counter',
    help: 'Rows sent, counted once for each reader.',
  },

  buildInfo: {
    name: 'contract_data_build_info',
    type: 'gauge',
    help: 'Always 1; the label version is that of the program.',
    labels: { version: [] },
  },
  ledgersProcessed: {
    name: 'contract_data_ledgers_processed_total',
    type: 'counter',
    help: 'Ledgers decoded.',
  },
  quarantinedLedgers: {
    name: 'contract_data_quarantined_ledgers_total',
    type: 'counter',
    help: 'Ledgers set aside because they could not be read or had.',
  },
  openStreams: {
    name: 'contract_data_open_streams',
    type: 'gauge',
    help: "Streams of rows being made, by kind: ranges, sessions, and pipelines of flowctl's.",
    labels: { kind: STREAM_KINDS },
  },
  queuedBytes: {
    name: 'contract_data_queued_bytes',
    type: 'gauge',
    help: 'Payload bytes held, each counted once, by stage: claimed for ledgers to come or received (source), being decoded (pool), decoded: waiting for an earlier ledger, for a batch to fill or for readers (stream). The sum is bounded by MAX_MEMORY_MB.',
    labels: { stage: STAGES },
  },
  flightQueuedBytes: {
    name: 'contract_data_flight_queued_bytes',
    type: 'gauge',
    help: 'FlightData bytes handed to gRPC that connections have not taken yet, at most two messages for each reader: copies of rows that the stage stream counts.',
  },
  memoryLimit: {
    name: 'contract_data_memory_limit_bytes',
    type: 'gauge',
    help: 'MAX_MEMORY_MB, in bytes: the bound of the queued bytes.',
  },
  workerThreads: {
    name: 'contract_data_worker_threads',
    type: 'gauge',
    help: 'Decode threads.',
  },
  workerUtilisation: {
    name: 'contract_data_worker_utilisation_ratio',
    type: 'gauge',
    help: 'Share of their time that the decode threads were busy, since the last scrape: 0 to 1.',
  },
  workersReplaced: {
    name: 'contract_data_workers_replaced_total',
    type: 'counter',
    help: 'Decode threads replaced because they crashed or hung.',
  },
  sourceConnections: {
    name: 'contract_data_source_connections',
    type: 'gauge',
    help: 'Source streams, by state.',
    labels: { state: ['connecting', 'streaming', 'waiting'] },
  },
  sourceReconnects: {
    name: 'contract_data_source_reconnects_total',
    type: 'counter',
    help: 'Times that a source stream was opened again, by what had ended it.',
    labels: { reason: ['ended', 'failed', 'gap', 'idle'] },
  },
  sourceReceivedBytes: {
    name: 'contract_data_source_received_bytes_total',
    type: 'counter',
    help: 'Payload bytes that sources sent, as they came (perhaps compressed).',
  },
  sourceReceivedLedgers: {
    name: 'contract_data_source_received_ledgers_total',
    type: 'counter',
    help: 'Ledgers that sources sent.',
  },
  sourceDuplicates: {
    name: 'contract_data_source_duplicate_ledgers_total',
    type: 'counter',
    help: 'Ledgers that sources sent again, with equal bytes, and that were dropped.',
  },
  sourceLag: {
    name: 'contract_data_source_lag_seconds',
    type: 'gauge',
    help: 'Age of the newest ledger when it was decoded: now minus its close time.',
  },
  tipLedger: {
    name: 'contract_data_tip_ledger',
    type: 'gauge',
    help: 'The newest ledger that any source has sent.',
  },
  watermarkLedger: {
    name: 'contract_data_watermark_ledger',
    type: 'gauge',
    help: 'The lowest complete_through of the open streams; 0 when none is open.',
  },
  readerBlocked: {
    name: 'contract_data_reader_blocked_seconds_total',
    type: 'counter',
    help: 'Time that streams have waited for their readers.',
  },
  slowReaders: {
    name: 'contract_data_slow_readers_total',
    type: 'counter',
    help: 'Readers disconnected because they kept others waiting.',
  },
  flightSentBytes: {
    name: 'contract_data_flight_sent_bytes_total',
    type: 'counter',
    help: 'FlightData bytes sent.',
  },
  flightSentMessages: {
    name: 'contract_data_flight_sent_messages_total',
    type: 'counter',
    help: 'FlightData messages sent, those without rows included.',
  },
  rpcs: {
    name: 'contract_data_rpcs_total',
    type: 'counter',
    help: 'Calls that ended, by method and gRPC status.',
    labels: { method: FLIGHT_METHODS, code: RPC_CODES },
  },
  rpcsActive: {
    name: 'contract_data_rpcs_active',
    type: 'gauge',
    help: 'Calls in progress, by method.',
    labels: { method: FLIGHT_METHODS },
  },
  eventLoopDelay: {
    name: 'contract_data_event_loop_delay_seconds',
    type: 'gauge',
    help: 'How late the main thread ran its timers since the last scrape: median, 99th percentile and longest.',
    labels: { quantile: ['0.5', '0.99', '1'] },
  },
} as const satisfies Record<string, MetricDeclaration>;

export type MetricName = keyof typeof METRICS;
