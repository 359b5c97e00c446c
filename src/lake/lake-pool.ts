/**
 * Threads that fetch objects of a data lake and decode them, so that raw ledgers never come to the main thread. Each runs
 * several tasks at once; while it decodes for one, the objects of the others are on their way.
 *
 * - Objects that could not be had for a reason that passes are asked for again, without limit, for as long as whoever
 *   wants them is there.
 * - As with the decode pool, what ledgers hold never makes `run` reject. A thread that crashes takes its tasks along; one
 *   whose decoding does not end is replaced.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Piscina } from 'piscina';
import type { DecodeInput, DecodeResult } from '../../workers/decode-result.js';
import type { DecodeTask } from '../../workers/decode-task.js';
import { ProcessorError } from '../../workers/errors.js';
import { type LakeResult, type LakeTask, type LakeThreadOptions, TASK_STATE } from '../../workers/lake/lake-task.js';
import { ByteBudget } from '../pool/byte-budget.js';
import type { DecodePool } from '../pool/decode-pool.js';
import { transferable } from '../pool/transfer.js';
import { UsedBuffers } from '../pool/used-buffers.js';
import { workerError } from '../pool/worker-error.js';
import { backoffMs, type BackoffOptions } from '../source/backoff.js';
import type { SourceObserver } from '../source/source-observer.js';
import { inLedgerOrder, without } from './lake-results.js';
import type { LakeHealth } from './lake-health.js';
import { isLakeInput } from './lake-input.js';
import type { ObjectSizes } from './object-sizes.js';

export interface LakePoolOptions {
  readonly threads: number;
  readonly thread: LakeThreadOptions;
  /** Decoding for a task that takes longer is given up and its thread replaced. */
  readonly taskTimeoutMs: number;
  /** Between attempts to get what could not be had. */
  readonly backoff: BackoffOptions;
  readonly sizes: ObjectSizes;
  readonly health: LakeHealth;
  readonly observer?: SourceObserver;
  /** A thread crashed or did not finish, and was replaced. */
  readonly onThreadReplaced?: (error: ProcessorError) => void;
  readonly entry?: URL;
}

const THREAD_ENTRY = new URL('../../workers/lake/lake-thread.cjs', import.meta.url);
/** So many tasks a thread has at once: at 8 objects each they hide 100 ms of latency from a thread of 600 ledgers/s. */
const TASKS_PER_THREAD = 8;
const WATCH_MS = 500;

/** A task on a thread, watched for decoding that does not end. */
interface Watched {
  readonly state: LakeTask['state'];
  decodingSince: number | undefined;
  isHung: boolean;
}

export class LakePool implements DecodePool {
  private readonly piscina: Piscina;
  private readonly options: LakePoolOptions;
  private readonly slots: ByteBudget;
  private readonly used = new UsedBuffers();
  private readonly running = new Set<Promise<unknown>>();
  private readonly watched = new Set<Watched>();
  private readonly watch: NodeJS.Timeout;
  private expectedBytes = 0;
  private decodeMs = 0;

  constructor(options: LakePoolOptions) {
    this.options = options;
    this.piscina = new Piscina({
      filename: (options.entry ?? THREAD_ENTRY).href,
      minThreads: options.threads,
      maxThreads: options.threads,
      concurrentTasksPerWorker: TASKS_PER_THREAD,
      // With piscina's default a thread that waits for a task stands still, and its network with it.
      atomics: 'disabled',
      idleTimeout: Infinity,
      workerData: options.thread,
    });
    // Without a listener a thread's failure outside a task would end the process; within a task it rejects the task.
    this.piscina.on('error', () => undefined);
    this.slots = new ByteBudget(options.threads * TASKS_PER_THREAD);
    this.watch = setInterval(() => this.endHungTasks(), WATCH_MS).unref();
  }

  /** Bytes that tasks on threads are expected to take. */
  get bytesInFlight(): number {
    return this.expectedBytes;
  }

  /** Milliseconds that all threads together have spent on decoding so far. */
  get busyMs(): number {
    return this.decodeMs;
  }

  run(task: DecodeTask, what: string): Promise<DecodeResult> {
    const result = this.runToEnd(task, what);
    this.running.add(result);
    const forget = (): unknown => this.running.delete(result);
    result.then(forget, forget);
    return result;
  }

  takeBack(buffers: readonly ArrayBuffer[]): void {
    this.used.add(buffers);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.running);
    clearInterval(this.watch);
    await this.piscina.close();
  }

  private async runToEnd({ request, inputs }: DecodeTask, what: string): Promise<DecodeResult> {
    const { backoff, health } = this.options;
    const results: DecodeResult[] = [];
    let rest = inputs;
    for (let failures = 0; ; failures += 1) {
      const { result, missed, reason } = await this.runInTurn(request, rest, what);
      results.push(result);
      if (reason === undefined) return inLedgerOrder(results);
      const missing = missed.map((index) => rest[index]!);
      const waitMs = backoffMs(failures, backoff, Math.random);
      health.failed('objects', ProcessorError.fromPlain(reason), waitMs);
      const left = leftBy(missing);
      await sleep(waitMs, undefined, left && { signal: left }).catch(() => undefined);
      if (left?.aborted === true) {
        health.worked('objects');
        return inLedgerOrder([...results, without(missing, reason)]);
      }
      rest = missing;
    }
  }

  private async runInTurn(request: string, inputs: readonly DecodeInput[], what: string): Promise<LakeResult> {
    await this.slots.acquire(1);
    const ledgers = inputs.reduce((sum, input) => sum + ledgersIn(input), 0);
    const expected = this.options.sizes.expect(ledgers);
    this.expectedBytes += expected;
    try {
      const done = await this.runNow(request, inputs, what);
      this.learn(done);
      return done;
    } finally {
      this.expectedBytes -= expected;
      this.slots.release(1);
    }
  }

  private async runNow(request: string, given: readonly DecodeInput[], what: string): Promise<LakeResult> {
    const fields = Object.keys(TASK_STATE).length;
    const state = new Int32Array(new SharedArrayBuffer(fields * Int32Array.BYTES_PER_ELEMENT));
    const watched: Watched = { state, decodingSince: undefined, isHung: false };
    const inputs = given.map((input) =>
      isLakeInput(input) ? input.object : { ...input, bytes: transferable(input.bytes) },
    );
    const used = this.used.take();
    const transferList = inputs.flatMap((input) => ('stem' in input ? [] : [input.bytes.buffer]));
    this.watched.add(watched);
    try {
      const task: LakeTask = { request, inputs, used, state };
      // Without a signal: piscina gives a thread with a task that can be aborted no other task.
      return (await this.piscina.run(task, { transferList: [...transferList, ...used] })) as LakeResult;
    } catch (cause) {
      const error = workerError(watched.isHung, this.options.taskTimeoutMs, named(given, what), cause);
      this.options.onThreadReplaced?.(error);
      throw error;
    } finally {
      this.watched.delete(watched);
    }
  }

  private learn({ result, fetchedBytes, decodeMs, newBuffers, missed }: LakeResult): void {
    const { sizes, health, observer } = this.options;
    this.used.made(newBuffers);
    this.decodeMs += decodeMs;
    if (fetchedBytes === 0) return;
    const ledgers = result.ledgers.length;
    sizes.found(ledgers, fetchedBytes);
    observer?.received?.(ledgers, fetchedBytes, result.ledgers.at(-1)?.closeTime);
    if (missed.length === 0) health.worked('objects');
  }

  private endHungTasks(): void {
    const now = performance.now();
    for (const task of this.watched) {
      if (Atomics.load(task.state, TASK_STATE.isDecoding) === 0) task.decodingSince = undefined;
      else task.decodingSince ??= now;
      if (task.isHung || now - (task.decodingSince ?? now) < this.options.taskTimeoutMs) continue;
      task.isHung = true;
      const id = Atomics.load(task.state, TASK_STATE.thread);
      void this.piscina.threads.find(({ threadId }) => threadId === id)?.terminate();
    }
  }
}

function ledgersIn({ firstLedger = 0, lastLedger = firstLedger }: DecodeInput): number {
  return lastLedger - firstLedger + 1;
}

/** When nobody wants these inputs any more; all of a task are wanted by the same stream. */
function leftBy(inputs: readonly DecodeInput[]): AbortSignal | undefined {
  return inputs.find(isLakeInput)?.left;
}

function named(inputs: readonly DecodeInput[], what: string): string {
  const [first, ...others] = inputs.filter(isLakeInput);
  if (first === undefined) return what;
  return `${what} (${first.object.stem}${others.length > 0 ? ` and ${others.length} objects more` : ''})`;
}
