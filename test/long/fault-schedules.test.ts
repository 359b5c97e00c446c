/**
 * Random schedules of faults over a running service: whatever source, threads, readers and operators do, every reader
 * ends with exactly the rows that stellar-base finds, but for ledgers that were set aside for a fault they had.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Cleanup } from '../service/cleanup.js';
import { eventually, pause } from '../service/running-service.js';
import { expectedRows } from '../service/simulated-source.js';
import { type Outcome, readPersistently } from './persistent-reader.js';
import { type ReaderPlan, type Schedule, scheduleOf } from './schedule.js';
import { World } from './world.js';

/** Ledgers in a chunk of the source: what a corrupt one can hide behind it. */
const CHUNK_LEDGERS = 16;

async function run(schedule: Schedule): Promise<void> {
  const ends: (() => Promise<void> | void)[] = [];
  const cleanup: Cleanup = { after: (end) => void ends.push(end) };
  try {
    const world = await World.start(schedule, cleanup);
    const outcomes = schedule.readers.map((plan) => readPersistently(plan, world, cleanup));
    const events = [
      at(schedule.sourceRestartsAtMs, () => world.restartSource()),
      at(schedule.serviceRestartsAtMs, () => world.restartService()),
    ];
    await Promise.all([...outcomes, ...events]);
    for (const [i, plan] of schedule.readers.entries()) check(await outcomes[i]!, plan, schedule, world);
    await checkReleased(world);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function at(ms: number | undefined, event: () => Promise<void>): Promise<void> {
  if (ms === undefined) return;
  await pause(ms);
  await event();
}

function check({ rows, gaps, endings }: Outcome, plan: ReaderPlan, schedule: Schedule, world: World): void {
  const missing = new Set<number>();
  for (const [first, last, reason] of gaps) {
    for (let ledger = first; ledger <= last; ledger += 1) {
      assert.ok(!missing.has(ledger), `ledger ${ledger} is a gap twice`);
      missing.add(ledger);
      assert.ok(isExplained(ledger, reason, schedule), `ledger ${ledger} has nothing that explains ${reason}`);
    }
  }
  const present: number[] = [];
  for (let ledger = plan.first; ledger <= plan.last; ledger += 1) if (!missing.has(ledger)) present.push(ledger);
  const expected = present.flatMap((ledger) => expectedRows(ledger, ledger));
  assert.deepEqual(
    rows.map((row) => `${row.ledger_sequence} ${row.change_index}`),
    expected.map((row) => `${row.ledger_sequence} ${row.change_index}`),
  );
  assert.deepEqual(rows, expected);

  if (schedule.policy === 'fail') assert.equal(missing.size, 0);
  else {
    for (const code of endings) assert.match(code, /^(SHUTTING_DOWN|SOURCE_CONFLICT)$/);
    for (const ledger of missing) assert.ok(isKept(ledger, world), `no record of ledger ${ledger}`);
  }
}

function isExplained(ledger: number, reason: string, { sourceFaults, threadFaults, protocol }: Schedule): boolean {
  const reach = protocol === 'chunks' ? CHUNK_LEDGERS : 1;
  switch (reason) {
    case 'SOURCE_GAP':
      return sourceFaults.skip.some((fault) => fault.ledger === ledger && fault.always);
    case 'WORKER_CRASHED':
    case 'WORKER_TIMEOUT':
      return threadFaults.some((fault) => fault.ledger === ledger && fault.times > 1);
    default:
      return [...sourceFaults.corrupt, ...sourceFaults.conflict].some(
        (fault) => fault.ledger <= ledger && ledger < fault.ledger + reach,
      );
  }
}

function isKept(ledger: number, { quarantineDirectory }: World): boolean {
  for (let first = ledger; first > ledger - 2 * CHUNK_LEDGERS; first -= 1) {
    for (let last = ledger; last < ledger + 2 * CHUNK_LEDGERS; last += 1) {
      const name = first === last ? `cee0302d-${first}` : `cee0302d-${first}-${last}`;
      if (existsSync(join(quarantineDirectory, `${name}.json`))) return true;
    }
  }
  return false;
}

/** With all readers gone, nothing is held for them. */
async function checkReleased(world: World): Promise<void> {
  const service = await world.service;
  await eventually('all that was held is released', async () => {
    const metrics = [...(await service.metrics())];
    return metrics.every(([name, value]) => !/^contract_data_(flight_)?(queued_bytes|open_streams)/.test(name) || value === 0);
  });
}

/** Schedules that have found something, by what it was. */
const FOUND = new Map([[36, 'the process was aborted when a thread that was still being started was ended']]);

for (const [seed, what] of FOUND) {
  test(`fault schedule ${seed}, by which ${what}`, { timeout: 60_000 }, () => run(scheduleOf(seed)));
}

const count = process.env.TEST_LONG === '1' ? 1_000 : 5;
for (let seed = 1; seed <= count; seed += 1) {
  test(`fault schedule ${seed} loses and doubles no row`, { timeout: 60_000 }, () => run(scheduleOf(seed)));
}
