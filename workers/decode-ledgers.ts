/** Entry of a decode thread: a task in, its result out, buffers transferred both ways. */
import './v8-flags.js';
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { collectGarbage } from './collect-garbage.js';
import type { DecodeInput } from './decode-result.js';
import type { DecodeLimits } from './decode.js';
import { type DecodeTask, TaskRunner, transferablesOf } from './decode-task.js';

// What the pool gave its threads along: nothing stands for the defaults.
const runner = new TaskRunner((workerData as DecodeLimits | null) ?? undefined);

/** An input of so many bytes is not left to lie when it is decoded: no ledger of today's networks comes near it. */
const LARGE_INPUT_BYTES = 8 * 1024 * 1024;

export default function decodeLedgers(task: DecodeTask): unknown {
  const result = runner.run(task);
  // The inputs were transferred here and are done with, unless they go back as they came.
  if (result.bad === undefined) {
    for (const { bytes } of task.inputs) if (bytes.buffer instanceof ArrayBuffer) runner.spare.add(bytes.buffer);
  }
  if (task.inputs.some(({ bytes }) => bytes.byteLength > LARGE_INPUT_BYTES)) {
    // The task is this thread's own copy, and holds what is garbage by now.
    (task.inputs as DecodeInput[]).length = 0;
    collectGarbage();
  }
  // piscina's protocol for a value that owns several buffers: what crosses, and what of it is transferred.
  const movable = { [transferableSymbol]: transferablesOf(result), [valueSymbol]: result };
  return move(movable);
}
