/**
 * Entry of a thread that fetches objects of a data lake and decodes them. Unlike a decode thread it runs several tasks at
 * once, so that its network is busy while it decodes.
 */
import '../v8-flags.js';
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { TaskRunner, transferablesOf } from '../decode-task.js';
import type { LakeTask, LakeThreadOptions } from './lake-task.js';
import { ObjectDecoder } from './object-decoder.js';
import { ObjectFetcher } from './object-fetcher.js';
import { openStore } from './object-store.js';
import { Prefetch } from './prefetch.js';

const options = workerData as LakeThreadOptions;
const runner = new TaskRunner(options.limits);
const prefetch = new Prefetch(options.prefetchBytes, runner.spare);
const fetcher = new ObjectFetcher(openStore(options.location, options), prefetch, options);
const decoder = new ObjectDecoder(fetcher, runner);

export default async function decodeObjects(task: LakeTask): Promise<unknown> {
  const done = await decoder.run(task);
  // piscina's protocol for a value that owns several buffers: what crosses, and what of it is transferred.
  return move({ [transferableSymbol]: transferablesOf(done.result), [valueSymbol]: done });
}
