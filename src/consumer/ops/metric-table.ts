/** The consumer's metrics, declared once: /metrics and docs/metrics.md come from this table. */
import { ERROR_CODES } from '../../../workers/errors.js';
import { TABLE_NAMES } from '../../../workers/request.js';
import type { MetricDeclaration } from '../../ops/metric-table.js';

export const CONSUMER_METRICS = {
  recordsReceived: {
    name: 'postgresql_consumer_records_received_total',
    type: 'counter',
    help: 'Rows that came over Flight.',
    labels: { table: TABLE_NAMES },
  },
  recordsInserted: {
    name: 'postgresql_consumer_records_inserted_total',
    type: 'counter',
    help: 'Rows that were committed.',
    labels: { table: TABLE_NAMES },
  },
  bytesReceived: {
    name: 'postgresql_consumer_received_bytes_total',
    type: 'counter',
    help: 'Bytes of the record batches that came over Flight.',
  },
  batches: {
    name: 'postgresql_consumer_batches_total',
    type: 'counter',
    help: 'Transactions committed, those without rows included.',
    labels: { table: TABLE_NAMES },
  },
  batchSize: {
    name: 'postgresql_consumer_batch_size_rows',
    type: 'histogram',
    help: 'Rows of a transaction.',
    buckets: [1, 10, 100, 1000, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000],
  },
  insertDuration: {
    name: 'postgresql_consumer_insert_duration_seconds',
    type: 'histogram',
    help: 'Time of a transaction, from BEGIN to its commit.',
    buckets: Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i),
  },
  errors: {
    name: 'postgresql_consumer_errors_total',
    type: 'counter',
    help: 'Failures, by their code; those that were tried again are among them.',
    labels: { code: Object.keys(ERROR_CODES) },
  },
  reconnects: {
    name: 'postgresql_consumer_reconnects_total',
    type: 'counter',
    help: 'Attempts to go on after a failure, by the side that failed.',
    labels: { side: ['flight', 'database'] },
  },
  watermark: {
    name: 'postgresql_consumer_watermark_ledger',
    type: 'gauge',
    help: 'Last ledger such that it and all before it are committed: the lowest of the partitions at work.',
    labels: { table: TABLE_NAMES },
  },
  lag: {
    name: 'postgresql_consumer_lag_seconds',
    type: 'gauge',
    help: 'Age of the newest ledger with rows when it was committed: then minus its close time.',
    labels: { table: TABLE_NAMES },
  },
  heldBytes: {
    name: 'postgresql_consumer_held_bytes',
    type: 'gauge',
    help: 'Encoded rows that wait for their transaction, or are in one.',
  },
  memoryLimit: {
    name: 'postgresql_consumer_memory_limit_bytes',
    type: 'gauge',
    help: 'MAX_MEMORY_MB, in bytes: the bound of the held bytes.',
  },
  flowctlRegistered: {
    name: 'postgresql_consumer_flowctl_registered',
    type: 'gauge',
    help: '1 while a live registration with flowctl exists.',
  },
  flowctlHeartbeatsSent: {
    name: 'postgresql_consumer_flowctl_heartbeats_sent_total',
    type: 'counter',
    help: 'Heartbeats that flowctl accepted.',
  },
  flowctlHeartbeatErrors: {
    name: 'postgresql_consumer_flowctl_heartbeat_errors_total',
    type: 'counter',
    help: 'Heartbeats that failed.',
  },
  buildInfo: {
    name: 'postgresql_consumer_build_info',
    type: 'gauge',
    help: 'Always 1; the label version is that of the program.',
    labels: { version: [] },
  },
} as const satisfies Record<string, MetricDeclaration>;
