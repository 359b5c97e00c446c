/**
 * The consumer: streams from a Flight service into a database, each row once.
 *
 *   set up the schema -> find the streams -> claim them -> a lane for each partition, side by side -> finish
 *
 * Whoever claims a stream takes it from the one that had it, so that two consumers never mix their rows.
 */
import type { Client } from 'pg';
import { defaultColumnNames, selectColumns } from '../../workers/columns/tables.js';
import type { TableName } from '../../workers/request.js';
import type { SpareBuffers } from '../../workers/spare-buffers.js';
import type { DatabaseTarget } from '../postgres/connection/database-target.js';
import type { StreamClaim } from '../postgres/progress/claim-stream.js';
import { migrate } from '../postgres/schema/migrate.js';
import { dropIndexes } from '../postgres/upkeep/indexes.js';
import type { BackoffOptions } from '../source/backoff.js';
import { CopyEncoder } from './copy/copy-encoder.js';
import { decodeSchema, tablePlan } from './copy/table-plan.js';
import { claimPartitions } from './database/claim-partitions.js';
import { ensureIndexes } from './database/ensure-indexes.js';
import { LaneConnection } from './database/lane-connection.js';
import { pruneStates } from './database/prune-states.js';
import { tableWriter } from './database/write-commit.js';
import type { FlightPath } from './flight/flight-path.js';
import { type FlightTarget, type LedgerStream, rangeStream, type StreamRequest } from './flight/ledger-stream.js';
import { sessionStream } from './flight/session-stream.js';
import { Lane, type LaneEnd } from './lane.js';
import type { LaneObserver, Side } from './lane-observer.js';
import { CONSUMER_BACKOFF, Patience, pause } from './patience.js';
import { databaseFailures, flightFailures, persist } from './persist.js';
import { endOf, type WantedLedgers } from './plan-partitions.js';
import { runLanes } from './run-lanes.js';

export interface ConsumerOptions {
  readonly flight: FlightTarget;
  readonly database: DatabaseTarget;
  /** A session instead of a range. */
  readonly path: FlightPath | undefined;
  readonly request: StreamRequest;
  readonly wanted: WantedLedgers;
  /** Of a range; a session is of contract_data alone. */
  readonly tables: readonly TableName[];
  readonly streamName: string | undefined;
  /** Where the rows come from, as the database is to remember it. */
  readonly source: string;
  readonly commitRows: number;
  readonly commitIntervalMs: number;
  /** Bound of the encoded rows that all lanes hold. */
  readonly maxMemoryBytes: number;
  readonly maxRetries: number;
  readonly backoff?: BackoffOptions;
  readonly deferIndexes: boolean;
  readonly pruneTombstones: boolean;
  readonly observer: ConsumerObserver;
  /** False: only the history, to see what keeping current_states costs. */
  readonly keepStates?: boolean;
}

export interface ConsumerObserver extends LaneObserver {
  /** Something failed before there were lanes. */
  setupRetrying(side: Side, error: unknown, retries: number, pauseMs: number): void;
  /** A stream was claimed, with what is to be loaded of it. */
  claimed(claim: StreamClaim, lanes: readonly Lane[]): void;
  /** All streams are claimed, and rows may come. */
  started(): void;
}

/** How often to look for a session that is not there yet. */
const SESSION_POLL_MS = 1000;
/** One commit fills while two are written, and the memory of one waits to be used again. */
const COMMITS_PER_LANE = 4;
const PRUNE_EVERY_MS = 10 * 60_000;

export class Consumer {
  private readonly options: ConsumerOptions;
  private readonly stopping = new AbortController();
  private readonly hurry = new AbortController();
  private readonly connection: LaneConnection;
  private running: Promise<LaneEnd> | undefined;
  private allLanes: readonly Lane[] = [];

  constructor(options: ConsumerOptions) {
    this.options = options;
    this.connection = new LaneConnection(options.database);
  }

  /** One for each partition that this run loads. */
  get lanes(): readonly Lane[] {
    return this.allLanes;
  }

  /** Loads until the end: of the range, of the session, or by {@link stop}. Throws what made it impossible to go on. */
  run(): Promise<LaneEnd> {
    this.running ??= this.load();
    return this.running;
  }

  /** Commits what is whole and ends; when `hurry` aborts, gives that up. Never rejects. */
  async stop(hurry: AbortSignal): Promise<void> {
    const cut = (): void => {
      this.hurry.abort(hurry.reason);
      void this.connection.close();
    };
    hurry.addEventListener('abort', cut, { once: true });
    if (hurry.aborted) cut();
    this.stopping.abort(new Error('the consumer was stopped'));
    await this.running?.catch(() => undefined);
    hurry.removeEventListener('abort', cut);
  }

  private async load(): Promise<LaneEnd> {
    const { deferIndexes, pruneTombstones, wanted, observer } = this.options;
    try {
      await this.inDatabase('setting up the schema', migrate);
      const streams = await this.findStreams();
      const lanes: Lane[][] = [];
      for (const stream of streams) lanes.push(await this.claim(stream, streams.length));
      await this.inDatabase('the indexes', deferIndexes ? dropIndexes : ensureIndexes);
      this.allLanes = lanes.flat();
      observer.started();
      // One that fails is made up for by the next; the last one, at the end, must not fail.
      const prune = (): void => void this.prune().catch(() => undefined);
      const pruning = pruneTombstones ? setInterval(prune, PRUNE_EVERY_MS) : undefined;
      const end = await runLanes(lanes, wanted.partitions, this.stopping, this.hurry.signal).finally(() =>
        clearInterval(pruning),
      );
      if (end !== 'complete') return end;
      if (deferIndexes) await this.inDatabase('the indexes', ensureIndexes);
      if (pruneTombstones) await this.prune();
      return end;
    } catch (error) {
      const { signal } = this.stopping;
      if (signal.aborted && error === signal.reason && this.allLanes.length === 0) return 'interrupted';
      throw error;
    } finally {
      await this.connection.close();
    }
  }

  private async findStreams(): Promise<LedgerStream[]> {
    const { flight, path, tables, request } = this.options;
    const { signal } = this.stopping;
    return await persist(flightFailures(flight), this.patience('flight'), signal, async () => {
      if (path === undefined) {
        return await Promise.all(tables.map((table) => rangeStream(flight, table, request, signal)));
      }
      for (;;) {
        const session = await sessionStream(flight, path.sessionId, signal);
        if (session !== undefined) return [session];
        await pause(SESSION_POLL_MS, signal);
      }
    });
  }

  /** Claims a stream; its lanes are the partitions of which something is left to load. */
  private async claim(stream: LedgerStream, streams: number): Promise<Lane[]> {
    const { options } = this;
    const { table } = stream;
    const wanted = wantedOf(stream, options.wanted);
    const identity = { table, name: options.streamName, facts: { ...stream.facts, source: options.source } };
    const { claim, partitions } = await this.inDatabase(`claiming stream ${table}`, (client) =>
      claimPartitions(client, identity, wanted),
    );
    const columns = selectColumns(table, defaultColumnNames(table));
    const common = {
      stream,
      claim,
      target: options.flight,
      database: options.database,
      encoderFor: (schema: Uint8Array, spare: SpareBuffers) =>
        new CopyEncoder(tablePlan(decodeSchema(schema), table, columns), spare),
      writer: tableWriter(table, options.keepStates),
      limits: {
        rows: options.commitRows,
        bytes: options.maxMemoryBytes / (streams * wanted.partitions * COMMITS_PER_LANE),
        intervalMs: options.commitIntervalMs,
      },
      maxRetries: options.maxRetries,
      backoff: options.backoff ?? CONSUMER_BACKOFF,
      observer: options.observer,
    };
    const lanes = partitions.flatMap((partition) => {
      const endLedger = endOf(partition, wanted.endLedger);
      return endLedger === undefined ? [] : [new Lane({ ...common, partition, endLedger })];
    });
    options.observer.claimed(claim, lanes);
    return lanes;
  }

  private async prune(): Promise<void> {
    await this.inDatabase('pruning', pruneStates);
  }

  private async inDatabase<T>(doing: string, work: (client: Client) => Promise<T>): Promise<T> {
    return await persist(databaseFailures(doing), this.patience('database'), this.stopping.signal, () =>
      this.connection.use(work),
    );
  }

  private patience(side: Side): Patience {
    const { maxRetries, backoff = CONSUMER_BACKOFF, observer } = this.options;
    return new Patience({
      maxRetries,
      backoff,
      onRetry: (error, retries, pauseMs) => observer.setupRetrying(side, error, retries, pauseMs),
    });
  }
}

/** A session has its own ledgers, and one lane. */
function wantedOf({ ledgers }: LedgerStream, wanted: WantedLedgers): WantedLedgers {
  return ledgers === undefined ? wanted : { startLedger: ledgers.first, endLedger: ledgers.end, partitions: 1 };
}
