/** What the consumer does, told to metrics, health and the log at once, so that they never disagree. */
import { ProcessorError } from '../../../workers/errors.js';
import type { Health } from '../../ops/health.js';
import type { Logger } from '../../ops/logger.js';
import type { StreamClaim } from '../../postgres/progress/claim-stream.js';
import type { Commit } from '../commit.js';
import type { ConsumerObserver } from '../consumer.js';
import { databaseText } from '../database/database-failure.js';
import type { Lane } from '../lane.js';
import type { Side } from '../lane-observer.js';
import type { ConsumerMetrics } from './consumer-metrics.js';
import { SideHealth } from './side-health.js';
import { noTallies } from './tally.js';

const SIDE_NAMES: Readonly<Record<Side, string>> = { flight: 'the Flight service', database: 'PostgreSQL' };

export class ConsumerReport implements ConsumerObserver {
  readonly tallies = noTallies();
  private readonly metrics: ConsumerMetrics;
  private readonly logger: Logger;
  private readonly sides: Readonly<Record<Side, SideHealth>>;
  private failures = 0;
  private received = 0;

  constructor(metrics: ConsumerMetrics, health: Health, logger: Logger) {
    this.metrics = metrics;
    this.logger = logger;
    this.sides = {
      flight: new SideHealth(health.component('flight')),
      database: new SideHealth(health.component('database')),
    };
  }

  /** Failures so far, those that were tried again included. */
  get errors(): number {
    return this.failures;
  }

  /** Bytes of record batches so far. */
  get bytes(): number {
    return this.received;
  }

  setupRetrying(side: Side, error: unknown, retries: number, pauseMs: number): void {
    this.retried(this, side, error, { retries, pauseMs });
  }

  claimed({ table, name, epoch, partitions }: StreamClaim, lanes: readonly Lane[]): void {
    const left = lanes.map(({ partition, endLedger, completeThrough }) => ({
      partition: partition.partition,
      from: completeThrough + 1,
      to: endLedger === 0 ? 'follow' : endLedger,
    }));
    const state = partitions.length === 0 ? 'new stream' : 'going on with a stream';
    this.logger.info({ table, stream: name, epoch, partitions: left }, state);
  }

  started(): void {
    for (const side of Object.values(this.sides)) side.works(this);
  }

  receivedRows({ table }: Lane, rows: number, bytes: number): void {
    this.tallies[table].received += rows;
    this.received += bytes;
    this.metrics.of.recordsReceived.inc({ table }, rows);
    this.metrics.of.bytesReceived.inc(bytes);
  }

  committed({ table }: Lane, commit: Commit, durationMs: number): void {
    const { rows, from, to, lastClosedAtMs, gaps } = commit;
    const { of } = this.metrics;
    this.tallies[table].inserted += rows;
    this.tallies[table].commits += 1;
    of.recordsInserted.inc({ table }, rows);
    of.batches.inc({ table });
    of.batchSize.observe(rows);
    of.insertDuration.observe(durationMs / 1000);
    if (rows > 0) of.lag.set({ table }, Math.max(0, (Date.now() - lastClosedAtMs) / 1000));
    this.logger.debug({ table, from, to, rows, durationMs: Math.round(durationMs) }, 'committed');
    for (const [first, last, reason] of gaps) {
      this.logger.warn({ table, ledger: first, lastLedger: last, code: reason }, 'ledgers are missing from the stream');
    }
  }

  retrying(lane: Lane, side: Side, error: unknown, retries: number, pauseMs: number): void {
    const { partition } = lane.partition;
    this.retried(lane, side, error, { table: lane.table, partition, retries, pauseMs });
  }

  recovered(lane: Lane, side: Side): void {
    this.sides[side].works(lane);
    this.logger.info({ table: lane.table, partition: lane.partition.partition }, `${SIDE_NAMES[side]} is back`);
  }

  /** What ended the consumer. */
  failed(error: ProcessorError): void {
    this.failures += 1;
    this.metrics.of.errors.inc({ code: error.code });
  }

  private retried(user: object, side: Side, error: unknown, facts: object): void {
    const reason = databaseText(error);
    this.failures += 1;
    this.metrics.of.errors.inc({ code: side === 'flight' ? 'FLIGHT_UNAVAILABLE' : 'DATABASE_UNAVAILABLE' });
    this.metrics.of.reconnects.inc({ side });
    this.sides[side].failed(user, `${reason}; trying again`);
    this.logger.warn({ ...facts, reason }, `${SIDE_NAMES[side]} failed; trying again`);
  }
}
