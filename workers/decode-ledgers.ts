/** Entry of a decode thread: a task in, its result out, buffers transferred both ways. */
import './v8-flags.js';
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { DecodeLimits } from './decode.js';
import { type DecodeTask, TaskRunner, transferablesOf } from './decode-task.js';

// What the pool gave its threads along: nothing stands for the defaults.
const runner = new TaskRunner((workerData as DecodeLimits | null) ?? undefined);

export default function decodeLedgers(task: DecodeTask): unknown {
  const result = runner.run(task);
  // The inputs were transferred here and are done with, unless they go back as they came.
  if (result.bad === undefined) {
    for (const { bytes } of task.inputs) if (bytes.buffer instanceof ArrayBuffer) runner.spare.add(bytes.buffer);
  }
  // piscina's protocol for a value that owns several buffers: what crosses, and what of it is transferred.
  const movable = { [transferableSymbol]: transferablesOf(result), [valueSymbol]: result };
  return move(movable);
}
