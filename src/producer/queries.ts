/**
 * The queries of range streams: what a `query id` (given in FlightInfo.app_metadata) stands for. Cancellation and the
 * watermark go by it, never by ticket: two readers may hold equal tickets.
 *
 * Kept for an hour after they were last used, and at most MAX_QUERIES of them; a reader whose query is forgotten reads on,
 * it only cannot be cancelled or asked for any more.
 */
import { ProcessorError } from '../../workers/errors.js';

const KEPT_MS = 60 * 60 * 1000;
const MAX_QUERIES = 10_000;

interface Query {
  usedAt: number;
  isCancelled: boolean;
  readonly streams: Set<AbortController>;
  readonly completeThrough: Map<number, number>;
}

/** One DoGet of a query. */
export interface QueryStream {
  /** Aborted when the query is cancelled. */
  readonly signal: AbortSignal;
  /** The reader was sent everything up to this ledger. */
  completeThrough(ledger: number): void;
  close(): void;
}

export class Queries {
  private readonly queries = new Map<string, Query>();
  private readonly now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** Joins a DoGet to its query. Throws QUERY_CANCELLED for one that was cancelled. */
  open(queryId: string, partition: number): QueryStream {
    const query = this.use(queryId);
    if (query.isCancelled) throw cancelled(queryId);
    const controller = new AbortController();
    query.streams.add(controller);
    return {
      signal: controller.signal,
      completeThrough: (ledger) => query.completeThrough.set(partition, ledger),
      close: () => query.streams.delete(controller),
    };
  }

  /** Ends the query's DoGets and refuses new ones. */
  cancel(queryId: string): void {
    const query = this.use(queryId);
    query.isCancelled = true;
    for (const stream of query.streams) stream.abort(cancelled(queryId));
  }

  /** The last complete ledger sent by partition, or undefined where the query is not known. */
  watermark(queryId: string): Record<string, number> | undefined {
    const query = this.queries.get(queryId);
    return query && Object.fromEntries(query.completeThrough);
  }

  private use(queryId: string): Query {
    this.forget();
    const query = this.queries.get(queryId) ?? {
      usedAt: 0,
      isCancelled: false,
      streams: new Set<AbortController>(),
      completeThrough: new Map<number, number>(),
    };
    query.usedAt = this.now();
    // Most recently used last, so that the first are the ones to forget.
    this.queries.delete(queryId);
    this.queries.set(queryId, query);
    return query;
  }

  private forget(): void {
    const before = this.now() - KEPT_MS;
    for (const [queryId, query] of this.queries) {
      const isOld = query.usedAt < before || this.queries.size >= MAX_QUERIES;
      if (!isOld) return;
      if (query.streams.size === 0) this.queries.delete(queryId);
    }
  }
}

function cancelled(queryId: string): ProcessorError {
  return new ProcessorError('QUERY_CANCELLED', `query ${queryId} was cancelled`);
}
