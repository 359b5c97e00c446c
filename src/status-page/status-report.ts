/** What the status page shows, as JSON: the pipeline as it stands, from the numbers of /metrics and the open streams. */
import process from 'node:process';
import type { Health } from '../ops/health.js';
import type { MetricName } from '../ops/metric-table.js';
import type { Metrics, MetricSeries } from '../ops/metrics.js';
import type { RangeReader } from '../pipeline.js';
import type { Session } from '../session/session.js';
import type { Sample } from './history.js';
import type { RecentEvent } from './recent-events.js';

export interface StatusParts {
  readonly service: ServiceFacts;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly pipeline: {
    readonly rangeReaders: readonly Readonly<RangeReader>[];
    readonly sessions: { readonly all: readonly Session[] };
  };
  readonly events: { readonly events: readonly RecentEvent[] };
  readonly history: { readonly samples: readonly Sample[] };
}

/** What does not change while the process runs. */
export interface ServiceFacts {
  readonly name: string;
  readonly version: string;
  readonly commit: string | undefined;
  readonly network: string;
  readonly source: string;
}

/** Listed at most; the totals say how many there are. */
const MAX_READERS = 50;
const MAX_SESSIONS = 20;

const SHOWN = [
  'contractsProcessed',
  'entriesSkipped',
  'batchesCreated',
  'bytesProcessed',
  'ledgersProcessed',
  'processingErrors',
  'quarantinedLedgers',
  'currentLedger',
  'tipLedger',
  'watermarkLedger',
  'openStreams',
  'queuedBytes',
  'memoryLimit',
  'workerThreads',
  'workersReplaced',
  'sourceConnections',
  'sourceReceivedLedgers',
  'sourceReceivedBytes',
  'sourceReconnects',
  'sourceDuplicates',
  'sourceLag',
  'readerBlocked',
  'slowReaders',
  'flightClientsConnected',
  'flightRecordsStreamed',
  'flightSentBytes',
  'flightQueuedBytes',
  'flowctlRegistered',
  'flowctlHeartbeatsSent',
  'flowctlHeartbeatErrors',
] as const satisfies readonly MetricName[];

export async function statusReport(parts: StatusParts): Promise<object> {
  const { service, health, pipeline, events, history } = parts;
  const read = await parts.metrics.read(SHOWN);
  const total = (name: (typeof SHOWN)[number]): number => read[name].reduce((sum, { value }) => sum + value, 0);
  const tip = total('tipLedger');
  const { status, reasons, components } = health.report();
  const { rangeReaders, sessions } = pipeline;
  return {
    at: new Date().toISOString(),
    service: {
      ...service,
      node: process.version,
      uptime_seconds: Math.round(process.uptime()),
    },
    health: { status, reasons, components },
    ledgers: {
      tip,
      delivered: total('currentLedger'),
      watermark: total('watermarkLedger'),
      open_streams: total('openStreams'),
    },
    source: {
      connections: byLabel(read.sourceConnections),
      received_ledgers: total('sourceReceivedLedgers'),
      received_bytes: total('sourceReceivedBytes'),
      reconnects: byLabel(read.sourceReconnects),
      duplicate_ledgers: total('sourceDuplicates'),
      lag_seconds: total('sourceLag'),
    },
    workers: { threads: total('workerThreads'), replaced: total('workersReplaced') },
    memory: {
      queued_bytes: byLabel(read.queuedBytes),
      limit_bytes: total('memoryLimit'),
      resident_bytes: process.memoryUsage.rss(),
    },
    flight: {
      readers: total('flightClientsConnected'),
      rows_sent: total('flightRecordsStreamed'),
      bytes_sent: total('flightSentBytes'),
      queued_bytes: total('flightQueuedBytes'),
      blocked_seconds: total('readerBlocked'),
      slow_readers: total('slowReaders'),
    },
    flowctl: {
      registered: total('flowctlRegistered') === 1,
      heartbeats: total('flowctlHeartbeatsSent'),
      heartbeat_errors: total('flowctlHeartbeatErrors'),
    },
    totals: {
      rows: total('contractsProcessed'),
      rows_skipped: total('entriesSkipped'),
      batches: total('batchesCreated'),
      ledgers: total('ledgersProcessed'),
      bytes: total('bytesProcessed'),
      quarantined_ledgers: total('quarantinedLedgers'),
      errors: byLabel(read.processingErrors.filter(({ value }) => value > 0)),
    },
    range_readers: {
      total: rangeReaders.length,
      listed: rangeReaders.slice(0, MAX_READERS).map((reader) => rangeReaderReport(reader, tip)),
    },
    sessions: {
      total: sessions.all.length,
      listed: sessions.all.slice(-MAX_SESSIONS).map((session) => sessionReport(session, tip)),
    },
    events: events.events,
    sample: history.samples.at(-1) ?? null,
  };
}

function rangeReaderReport({ range, openedAt, completeThrough, rows }: Readonly<RangeReader>, tip: number): object {
  return {
    table: range.decode.table,
    opened_at: openedAt.toISOString(),
    start_ledger: range.startLedger,
    end_ledger: range.endLedger,
    complete_through: completeThrough,
    behind_ledgers: behind(completeThrough, range.endLedger, tip),
    rows,
  };
}

function sessionReport(session: Session, tip: number): object {
  const { id, state, range, watermark, retainedFrom, counts, readersCompleteThrough } = session;
  return {
    id,
    state: state.kind,
    started_at: session.startedAt.toISOString(),
    start_ledger: range.startLedger,
    end_ledger: range.endLedger,
    retained_from: retainedFrom,
    complete_through: watermark,
    behind_ledgers: behind(watermark, range.endLedger, tip),
    waits_for_readers: session.isWaitingForReaders,
    rows: counts.contractsProcessed,
    readers: {
      total: readersCompleteThrough.length,
      listed: readersCompleteThrough.slice(0, MAX_READERS).map((completeThrough) => ({
        complete_through: completeThrough,
        behind_ledgers: behind(completeThrough, range.endLedger, tip),
      })),
    },
  };
}

/** Ledgers to the end of a range, or to the newest one known where it follows the tip. */
function behind(completeThrough: number, endLedger: number, tip: number): number {
  return Math.max(0, (endLedger === 0 ? tip : endLedger) - completeThrough);
}

/** Values by their only label's value. */
function byLabel(series: readonly MetricSeries[]): Record<string, number> {
  return Object.fromEntries(series.map(({ labels, value }) => [String(Object.values(labels)[0]), value]));
}
