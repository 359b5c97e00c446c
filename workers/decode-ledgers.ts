/** Entry of a decode thread: a task in, its result out, buffers transferred both ways. */
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type DecodeTask, TaskRunner, transferablesOf } from './decode-task.js';

const runner = new TaskRunner();

export default function decodeLedgers(task: DecodeTask): unknown {
  const result = runner.run(task);
  // piscina's protocol for a value that owns several buffers: what crosses, and what of it is transferred.
  const movable = { [transferableSymbol]: transferablesOf(result), [valueSymbol]: result };
  return move(movable);
}
