/**
 * The sessions of the service, running and not long over.
 *
 *   ended ──retention──> rows dropped, still listed ──retention──> forgotten
 */
import { randomUUID } from 'node:crypto';
import { ProcessorError } from '../../workers/errors.js';
import type { Logger } from '../ops/logger.js';
import type { RangeRequest } from '../request/range-request.js';
import type { MemoryShares } from '../stream/memory-shares.js';
import { Bell } from './bell.js';
import { Counts } from './counts.js';
import { shuttingDown } from '../stream/endings.js';
import { droppedWhileReading } from './endings.js';
import type { SessionMetrics } from './session-metrics.js';
import { Session, type SessionParts } from './session.js';
import { hasEnded } from './session-state.js';
import { WindowMemory } from './window-memory.js';

export interface SessionsOptions {
  readonly stages: SessionParts['stages'];
  readonly memory: MemoryShares;
  /** Most bytes of a session's window. */
  readonly windowBytes: number;
  readonly slowReaderTimeoutMs: number;
  /** How long the rows of an ended session stay for readers; it is listed for as long again. */
  readonly retentionMs: number;
  /** Of the service. */
  readonly counts: Counts;
  readonly metrics: SessionMetrics;
  readonly logger: Logger;
}

/** Ended sessions listed at most; those that ended first are forgotten. */
const MAX_ENDED = 1000;

export class Sessions {
  /** Rung when a session was started, and when no more will be. */
  readonly news = new Bell();
  private readonly options: SessionsOptions;
  private readonly sessions = new Map<string, Session>();
  private readonly timers = new Map<Session, NodeJS.Timeout>();
  private isDraining = false;

  constructor(options: SessionsOptions) {
    this.options = options;
  }

  /** Oldest first. */
  get all(): readonly Session[] {
    return [...this.sessions.values()];
  }

  /** Those that have not ended. */
  get active(): readonly Session[] {
    return this.all.filter(({ state }) => !hasEnded(state));
  }

  /** The one started last, if it is still listed. */
  get newest(): Session | undefined {
    return this.all.at(-1);
  }

  /** Starts a session. Throws MEMORY_EXHAUSTED where there is no memory for one, and SHUTTING_DOWN. */
  start(range: RangeRequest): Session {
    this.refuseWhenDraining();
    const { stages, windowBytes, slowReaderTimeoutMs, counts, metrics, logger } = this.options;
    const memory = this.withSpareMemory(() => new WindowMemory(this.options.memory, windowBytes));
    const session = new Session(range, {
      id: randomUUID(),
      stages,
      memory,
      slowReaderTimeoutMs,
      counts: new Counts(counts),
      meter: metrics.open(range.startLedger),
      logger,
    });
    this.sessions.set(session.id, session);
    const { startLedger, endLedger } = range;
    logger.info({ session: session.id, start_ledger: startLedger, end_ledger: endLedger }, 'session started');
    void session.run().then(() => this.ended(session));
    this.news.ring();
    return session;
  }

  /** The session of an id, or the newest one for an empty id. Throws FLIGHT_UNKNOWN. */
  find(id: string): Session {
    const session = id === '' ? this.newest : this.sessions.get(id);
    if (session !== undefined) return session;
    const message = id === '' ? 'there is no session' : `no session has the id ${JSON.stringify(id)}`;
    throw new ProcessorError('FLIGHT_UNKNOWN', message);
  }

  /** Throws SHUTTING_DOWN where no session will be started any more. */
  refuseWhenDraining(): void {
    if (this.isDraining) throw shuttingDown();
  }

  /** Opens memory by `open`, with what sessions can spare if it must be. */
  withSpareMemory<T>(open: () => T): T {
    for (;;) {
      try {
        return open();
      } catch (error) {
        const isShort = error instanceof ProcessorError && error.code === 'MEMORY_EXHAUSTED';
        if (!isShort || !this.all.some((session) => session.giveMemoryBack())) throw error;
      }
    }
  }

  /** Leaves the source: sessions end when what was accepted is done, and no more are started. */
  drain(): void {
    this.isDraining = true;
    for (const session of this.active) session.stop('shutdown');
    this.news.ring();
  }

  /** Ends whatever is left at once. */
  close(): void {
    this.drain();
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const session of this.all) session.destroy();
  }

  private ended(session: Session): void {
    const { retentionMs } = this.options;
    const failure = (resumeFrom: number): Error => droppedWhileReading(session.id, retentionMs, resumeFrom);
    this.after(session, () => {
      session.dropRows(failure);
      this.after(session, () => this.forget(session));
    });
    const [oldest, ...others] = this.all.filter(({ state }) => hasEnded(state));
    if (oldest !== undefined && others.length >= MAX_ENDED) {
      oldest.dropRows(failure);
      this.forget(oldest);
    }
  }

  private after(session: Session, run: () => void): void {
    clearTimeout(this.timers.get(session));
    this.timers.set(session, setTimeout(run, this.options.retentionMs).unref());
  }

  private forget(session: Session): void {
    clearTimeout(this.timers.get(session));
    this.timers.delete(session);
    this.sessions.delete(session.id);
  }
}
