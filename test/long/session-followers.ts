/**
 * A session and its readers. Each reads the session for as long as it gives anything, and the rest as ranges, whatever ends
 * its streams; what is to come of that follows from the filters that the control plane said are in force from where on.
 */
import assert from 'node:assert/strict';
import { GRPC_STATUS, type ErrorCode } from '../../workers/errors.js';
import { controlClient, type SessionStatus } from '../control/control-client.js';
import { FlightReader, type Reading } from '../service/flight-reader.js';
import { eventually, pause } from '../service/running-service.js';
import type { Cleanup } from '../service/cleanup.js';
import { retainedFrom, rowsLike, ticketOf } from '../session/session-service.js';
import { expectedRows } from '../service/simulated-source.js';
import type { OracleRow } from '../support/row-oracle.js';
import {
  checkProgress,
  endingOf,
  type Gap,
  gapsOf,
  MAX_STREAMS,
  paced,
  readPersistently,
} from './persistent-reader.js';
import type { SessionPlan, SessionReaderPlan } from './schedule.js';
import type { World } from './world.js';

/** Rows of about 2 KB, so that windows get full. */
const WIDE = ['default', 'key_decoded', 'val_decoded', 'prev_val_xdr'];

export interface FollowerOutcome {
  readonly rows: readonly OracleRow[];
  readonly gaps: readonly Gap[];
  readonly endings: readonly ErrorCode[];
  readonly first: number;
  /** Before the plan's where the session was stopped. */
  readonly last: number;
}

/** From a ledger on, with or without deletions. */
interface Segment {
  readonly from: number;
  readonly includeDeleted: boolean;
}

export class FollowedSession {
  private readonly plan: SessionPlan;
  private readonly world: World;
  private readonly cleanup: Cleanup;
  private readonly port: number;
  private readonly id: string;
  private readonly control: ReturnType<typeof controlClient>;
  private readonly segments: Segment[];

  private constructor(
    plan: SessionPlan,
    world: World,
    cleanup: Cleanup,
    at: { port: number; grpc: number; id: string },
  ) {
    this.plan = plan;
    this.world = world;
    this.cleanup = cleanup;
    this.port = at.port;
    this.id = at.id;
    this.control = controlClient(cleanup, at.grpc);
    this.segments = [{ from: plan.first, includeDeleted: true }];
  }

  static async start(plan: SessionPlan, world: World, cleanup: Cleanup): Promise<FollowedSession> {
    const { first, last, batchSize } = plan;
    const request = { start_ledger: first, end_ledger: last, batch_size: batchSize, columns: WIDE };
    let started: FollowedSession | undefined;
    await eventually('a session is started', async () => {
      const { flight: port, grpc } = (await world.service).ports;
      // The service may be on its way down, or short of memory for a moment.
      const reply = await controlClient(cleanup, grpc)('StartProcessing', request).catch(() => undefined);
      if (reply !== undefined)
        started = new FollowedSession(plan, world, cleanup, { port, grpc, id: reply.session_id });
      return started !== undefined;
    });
    return started!;
  }

  /** What the operator does. */
  async operate(): Promise<void> {
    const { filterChanges, stopsAtMs } = this.plan;
    const changes = filterChanges.map(async ({ atMs, includeDeleted }) => {
      await pause(atMs);
      const request = { session_id: this.id, include_deleted: includeDeleted };
      const reply = await this.control('ConfigureFilters', request).catch(() => undefined);
      if (reply?.success === true) this.segments.push({ from: reply.effective_ledger, includeDeleted });
    });
    const stop = async (): Promise<void> => {
      await pause(stopsAtMs!);
      await this.stop();
    };
    await Promise.all([...changes, ...(stopsAtMs === undefined ? [] : [stop()])]);
  }

  /** Stops it, if it is still there. */
  async stop(): Promise<void> {
    await this.control('StopProcessing', { session_id: this.id }).catch(() => undefined);
  }

  /** Reads by `plan` until everything is there, as far as the session goes. */
  async follow(plan: SessionReaderPlan): Promise<FollowerOutcome> {
    await pause(plan.startsAtMs);
    const { world, cleanup } = this;
    const reader = new FlightReader(cleanup, this.port);
    const rows: OracleRow[] = [];
    const gaps: Gap[] = [];
    const endings: ErrorCode[] = [];
    let { leavesAfter } = plan;
    let first = plan.takesWhatIsHeld ? undefined : plan.first;
    let next = plan.first;
    for (let streams = 0; ; streams += 1) {
      assert.ok(streams < MAX_STREAMS, `no progress of a session after ${MAX_STREAMS} streams: at ledger ${next}`);
      const reading = await reader.read(ticketOf(this.id, first && next), paced({ ...plan, leavesAfter }));
      if (reading.schema.length > 0) {
        const held = retainedFrom(reading);
        // Batches are given whole: the first one may begin before the ledger asked for.
        checkProgress(reading, reading.batches[0]?.progress.first_ledger ?? held);
        if (first === undefined) first = next = held;
        const through = reading.batches.at(-1)?.progress.complete_through ?? next - 1;
        rows.push(...rowsBetween(reading, next, through));
        gaps.push(...reading.batches.flatMap(({ progress }) => gapsOf(progress).filter(([from]) => from >= next)));
        next = Math.max(next, through + 1);
      }
      // It left with the last batch.
      if (next > plan.last && reading.status !== 0)
        return { rows, gaps, endings, first: first ?? plan.first, last: plan.last };
      if (reading.status === GRPC_STATUS.CANCELLED) leavesAfter = undefined;
      else if (reading.status === 0) {
        const { progress } = reading.batches.at(-1)!;
        assert.ok(progress.end === 'complete' || progress.end === 'stopped', JSON.stringify(progress));
        if (progress.end === 'complete') assert.equal(next, plan.last + 1);
        else assert.equal(next - 1, (await this.watermark()) ?? next - 1);
        return { rows, gaps, endings, first: first ?? plan.first, last: next - 1 };
      } else {
        const code = endingOf(reading, next);
        if (code !== undefined) endings.push(code);
        if (code !== 'SLOW_READER') break;
      }
    }
    // The session is of no use any more to this reader: the ranges that it was made of are.
    const status = await this.status();
    const last = status?.reason === 'REQUESTED' ? Math.max(next - 1, (await this.watermark())!) : plan.last;
    for (const part of this.parts(next, last)) {
      const more = { filters: { include_deleted: part.includeDeleted }, columns: WIDE };
      const rest = await readPersistently({ ...plan, ...part, leavesAfter: undefined }, world, cleanup, more);
      rows.push(...rest.rows.map(withDefaultColumns));
      gaps.push(...rest.gaps);
      endings.push(...rest.endings);
    }
    return { rows, gaps, endings, first: first ?? plan.first, last };
  }

  /** The rows that a reader of these ledgers is to get. */
  expected(ledgers: readonly number[]): OracleRow[] {
    return ledgers.flatMap((ledger) => {
      const rows = expectedRows(ledger, ledger);
      return this.includesDeleted(ledger) ? rows : rows.filter(({ deleted }) => deleted === false);
    });
  }

  private includesDeleted(ledger: number): boolean {
    return this.segments.findLast(({ from }) => from <= ledger)?.includeDeleted ?? true;
  }

  /** The ledgers `first` to `last` by the filters in force. */
  private parts(first: number, last: number): { first: number; last: number; includeDeleted: boolean }[] {
    const parts: { first: number; last: number; includeDeleted: boolean }[] = [];
    for (let ledger = first; ledger <= last; ledger += 1) {
      const includeDeleted = this.includesDeleted(ledger);
      const part = parts.at(-1);
      if (part?.includeDeleted === includeDeleted) part.last = ledger;
      else parts.push({ first: ledger, last: ledger, includeDeleted });
    }
    return parts;
  }

  private async watermark(): Promise<number | undefined> {
    const { watermark } = (await this.status()) ?? {};
    // 0: not even the first ledger.
    return watermark === 0 ? this.plan.first - 1 : watermark;
  }

  /** Undefined where the service that had the session is gone. */
  private async status(): Promise<SessionStatus | undefined> {
    return await this.control('GetStatus', { session_id: this.id }).catch(() => undefined);
  }
}

const DEFAULTS = Object.keys(expectedRows(1, 1)[0]!);

function withDefaultColumns(row: OracleRow): OracleRow {
  return Object.fromEntries(DEFAULTS.map((name) => [name, row[name]])) as OracleRow;
}

function rowsBetween(reading: Reading, first: number, last: number): OracleRow[] {
  return rowsLike(expectedRows(1, 1), reading).filter(({ ledger_sequence: ledger }) => {
    return Number(ledger) >= first && Number(ledger) <= last;
  });
}
