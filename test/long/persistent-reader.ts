/** A reader that reads its range to the end, whatever ends its streams, and checks that each of them ended honestly. */
import assert from 'node:assert/strict';
import { ERROR_CODES, GRPC_STATUS, type ErrorCode } from '../../workers/errors.js';
import { FlightReader, type Progress, type Reading, rowsOf } from '../service/flight-reader.js';
import { pause } from '../service/running-service.js';
import type { Cleanup } from '../service/cleanup.js';
import type { OracleRow } from '../support/row-oracle.js';
import type { ReaderPlan } from './schedule.js';
import type { World } from './world.js';

export type Gap = readonly [first: number, last: number, reason: string];

export interface Outcome {
  readonly rows: readonly OracleRow[];
  readonly gaps: readonly Gap[];
  /** Codes of the errors that ended streams. */
  readonly endings: readonly ErrorCode[];
}

/** Errors that pass by themselves; after any other one the world has to be mended. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['SHUTTING_DOWN', 'MEMORY_EXHAUSTED']);
const OK = 0;
/** Streams that a schedule can end are few; more is a reader that gets nowhere. */
export const MAX_STREAMS = 25;

/** `more`: of the request, beside its ledgers and batch size. */
export async function readPersistently(
  plan: ReaderPlan,
  world: World,
  cleanup: Cleanup,
  more: object = {},
): Promise<Outcome> {
  const rows: OracleRow[] = [];
  const gaps: Gap[] = [];
  const endings: ErrorCode[] = [];
  let { leavesAfter } = plan;
  let next = plan.first;
  for (let streams = 0; next <= plan.last; streams += 1) {
    assert.ok(streams < MAX_STREAMS, `no progress after ${MAX_STREAMS} streams: at ledger ${next}, ${endings.join()}`);
    const reading = await readOnce({ ...plan, leavesAfter }, next, more, world, cleanup);
    if (reading === undefined) continue;
    const completeThrough = reading.batches.at(-1)?.progress.complete_through ?? next - 1;
    checkProgress(reading, next);
    // What came of a ledger in pieces that are not all there comes again.
    rows.push(...rowsOf(reading).filter((row) => Number(row.ledger_sequence) <= completeThrough));
    gaps.push(...reading.batches.flatMap(({ progress }) => gapsOf(progress)));
    next = completeThrough + 1;
    if (reading.status === OK) {
      assert.equal(completeThrough, plan.last, 'a stream that ends with OK is complete');
      assert.equal(reading.batches.at(-1)!.progress.end, 'complete');
    } else if (reading.status === GRPC_STATUS.CANCELLED) leavesAfter = undefined;
    else {
      const code = endingOf(reading, next);
      if (code === undefined) continue;
      endings.push(code);
      if (!PASSING.has(code)) await world.mend();
    }
  }
  return { rows, gaps, endings };
}

async function readOnce(
  plan: ReaderPlan,
  start: number,
  more: object,
  world: World,
  cleanup: Cleanup,
): Promise<Reading | undefined> {
  const { ports } = await world.service;
  const reader = new FlightReader(cleanup, ports.flight);
  const request = { ...more, start_ledger: start, end_ledger: plan.last, batch_size: plan.batchSize };
  // The service may be on its way down: then another one is on its way up.
  const info = await reader.info(request).catch(() => undefined);
  if (info === undefined) {
    await pause(20);
    return undefined;
  }
  return await reader.read(info.tickets[0]!, paced(plan));
}

/** What the plan has a reader do with each batch. */
export function paced({ pauseMs, standstill, leavesAfter }: ReaderPlan): () => Promise<boolean> {
  let batches = 0;
  return async () => {
    batches += 1;
    if (pauseMs > 0) await pause(pauseMs);
    if (standstill?.at === batches) await pause(standstill.ms);
    return batches !== leavesAfter;
  };
}

/** Batches follow one another without a hole, and nothing is complete before it was sent. */
export function checkProgress({ batches }: Pick<Reading, 'batches'>, start: number): void {
  let completeThrough = start - 1;
  for (const { progress } of batches) {
    if (progress.first_ledger <= progress.last_ledger) assert.equal(progress.first_ledger, completeThrough + 1);
    assert.ok(progress.complete_through >= completeThrough && progress.complete_through <= progress.last_ledger);
    completeThrough = progress.complete_through;
  }
}

/** The code of a documented ending; undefined where the connection was lost before anything could be said. */
export function endingOf(reading: Reading, next: number): ErrorCode | undefined {
  const [code = ''] = reading.text.split(':', 1);
  if (!(code in ERROR_CODES)) {
    assert.equal(reading.status, GRPC_STATUS.UNAVAILABLE, reading.text);
    return undefined;
  }
  assert.equal(reading.status, ERROR_CODES[code as ErrorCode].grpcStatus);
  const [, resumeFrom] = /; resume_from=(\d+)$/.exec(reading.text) ?? [];
  // Later than that where the error overtook messages which grpc-js still had for a reader that paused: it drops them.
  if (resumeFrom !== undefined || reading.batches.length > 0) assert.ok(Number(resumeFrom) >= next, reading.text);
  return code as ErrorCode;
}

export function gapsOf(progress: Progress): readonly Gap[] {
  return (progress as { readonly gaps?: readonly Gap[] }).gaps ?? [];
}
