/** Decode threads that fail as a plan says, and decode as they should otherwise. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Cleanup } from '../service/cleanup.js';

export interface ThreadFault {
  readonly ledger: number;
  /** `crash`: the thread ends. `hoard`: it runs out of memory. `loop`: it does not end. */
  readonly kind: 'crash' | 'hoard' | 'loop';
  /** How often a task with the ledger meets it. */
  readonly times: number;
}

export interface FaultyThreads {
  readonly entry: URL;
  /** Changes what tasks to come meet. */
  plan(faults: readonly ThreadFault[]): void;
}

const DECODE_TASK = new URL('../../workers/decode-task.js', import.meta.url);

/** A thread learns of the plan from a file; each time that a fault strikes leaves a mark that no other thread can set. */
const ENTRY = `
import { readFileSync, writeFileSync } from 'node:fs';
import { TaskRunner } from ${JSON.stringify(DECODE_TASK.href)};
const PLAN = PLAN_FILE;
const runner = new TaskRunner();
const strikes = ({ ledger, times }, id, inputs) => {
  const holds = ({ sequence, firstLedger = sequence, lastLedger = sequence }) => firstLedger <= ledger && ledger <= lastLedger;
  if (!inputs.some(holds)) return false;
  for (let time = 0; time < times; time += 1) {
    try {
      writeFileSync(PLAN + '.' + id + '.' + ledger + '.' + time, '', { flag: 'wx' });
      return true;
    } catch {}
  }
  return false;
};
export default (task) => {
  const { id, faults } = JSON.parse(readFileSync(PLAN, 'utf8'));
  const fault = faults.find((one) => strikes(one, id, task.inputs));
  if (fault === undefined) return runner.run(task);
  if (fault.kind === 'crash') process.exit(3);
  if (fault.kind === 'loop') for (;;);
  for (const all = []; ; ) all.push(new Array(1e5).fill(all.length));
};
`;

export function faultyThreads(cleanup: Cleanup, faults: readonly ThreadFault[] = []): FaultyThreads {
  const directory = mkdtempSync(join(tmpdir(), 'faulty-threads-'));
  cleanup.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'plan.json');
  const entry = pathToFileURL(join(directory, 'entry.cjs'));
  writeFileSync(join(directory, 'decode.mjs'), ENTRY.replace('PLAN_FILE', JSON.stringify(file)));
  // As decode-thread.cts, and for its reason.
  writeFileSync(fileURLToPath(entry), `module.exports = import('./decode.mjs').then((decode) => decode.default);`);
  let id = 0;
  const plan = (next: readonly ThreadFault[]): void => {
    // Renamed into place: a thread may be reading the one before.
    writeFileSync(`${file}.next`, JSON.stringify({ id: (id += 1), faults: next }));
    renameSync(`${file}.next`, file);
  };
  plan(faults);
  return { entry, plan };
}
