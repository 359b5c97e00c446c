/**
 * The decode pool: tasks of ledgers in, results out, on worker threads (piscina) or in this thread.
 *
 * - Bytes in flight are bounded: a task waits until the bytes of those before it are done.
 * - What ledgers hold never makes `run` reject: bad bytes are an error value in the result. It rejects with a
 *   ProcessorError when the worker itself fails; the thread has been replaced by then.
 */
import { Piscina } from 'piscina';
import type { DecodeInput, DecodeResult } from '../../workers/decode-result.js';
import type { DecodeLimits } from '../../workers/decode.js';
import { type DecodeTask, TaskRunner } from '../../workers/decode-task.js';
import type { ProcessorError } from '../../workers/errors.js';
import { ByteBudget } from './byte-budget.js';
import { transferable } from './transfer.js';
import { UsedBuffers } from './used-buffers.js';
import { workerError } from './worker-error.js';

export interface DecodePool {
  /** Decodes a task. Input bytes may be detached afterwards. `what` names the ledgers in errors. */
  run(task: DecodeTask, what: string): Promise<DecodeResult>;
  /** Takes back memory of results that nobody reads any more. */
  takeBack(buffers: readonly ArrayBuffer[]): void;
  /** Finishes what was accepted, then ends the threads. */
  close(): Promise<void>;
}

export interface ThreadPoolOptions {
  readonly threads: number;
  /** Input bytes being decoded or waiting for a thread. */
  readonly maxBytesInFlight: number;
  /** A task that takes longer is given up and its thread replaced. */
  readonly taskTimeoutMs: number;
  /** The decoder's own, unless given. */
  readonly limits?: DecodeLimits;
  /** Heap of one thread, which bounds what hostile input can make it use. */
  readonly maxHeapMb?: number;
  /** A thread crashed or did not finish, and was replaced. */
  readonly onThreadReplaced?: (error: ProcessorError) => void;
  /** The thread's entry; a parameter so that tests can bring one that fails. */
  readonly entry?: URL;
}

const THREAD_ENTRY = new URL('../../workers/decode-thread.cjs', import.meta.url);

/** Runs the worker's code on the calling thread: for tests, and where a thread would not pay. */
export class InlineDecodePool implements DecodePool {
  private readonly runner = new TaskRunner();

  run(task: DecodeTask): Promise<DecodeResult> {
    return Promise.resolve(this.runner.run(task));
  }

  takeBack(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) this.runner.spare.add(buffer);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export class ThreadDecodePool implements DecodePool {
  private readonly piscina: Piscina;
  private readonly budget: ByteBudget;
  /** One for each thread: a task is handed over when a thread is free, and its time runs from then on. */
  private readonly threads: ByteBudget;
  private readonly options: ThreadPoolOptions;
  private readonly used = new UsedBuffers();
  private readonly running = new Set<Promise<unknown>>();
  /** Of the tasks on threads. */
  private readonly busy = new Set<{ readonly startedAt: number }>();
  /** Time that tasks took which have ended. */
  private endedMs = 0;

  constructor(options: ThreadPoolOptions) {
    this.piscina = new Piscina({
      filename: (options.entry ?? THREAD_ENTRY).href,
      minThreads: options.threads,
      maxThreads: options.threads,
      idleTimeout: Infinity,
      workerData: options.limits,
      ...(options.maxHeapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMb } }),
    });
    // Without a listener a thread's failure outside a task would end the process; within a task it rejects the task.
    this.piscina.on('error', () => undefined);
    this.budget = new ByteBudget(options.maxBytesInFlight);
    this.threads = new ByteBudget(options.threads);
    this.options = options;
  }

  /** Input bytes being decoded now. */
  get bytesInFlight(): number {
    return this.budget.usedBytes;
  }

  /** Milliseconds that all threads together have been busy so far. */
  get busyMs(): number {
    const now = performance.now();
    let total = this.endedMs;
    for (const { startedAt } of this.busy) total += now - startedAt;
    return total;
  }

  run(task: DecodeTask, what: string): Promise<DecodeResult> {
    const result = this.runInTurn(task, what);
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
    await this.piscina.close();
  }

  private async runInTurn({ request, inputs: given }: DecodeTask, what: string): Promise<DecodeResult> {
    const inputs = given.map((input): DecodeInput => ({ ...input, bytes: transferable(input.bytes) }));
    const bytes = inputs.reduce((sum, input) => sum + input.bytes.byteLength, 0);
    await this.budget.acquire(bytes);
    await this.threads.acquire(1);
    try {
      const result = await this.runNow({ request, inputs, used: this.used.take() }, what);
      this.used.made(result.newBuffers ?? 0);
      return result;
    } finally {
      this.threads.release(1);
      this.budget.release(bytes);
    }
  }

  private async runNow(task: Required<DecodeTask>, what: string): Promise<DecodeResult> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.options.taskTimeoutMs);
    const turn = { startedAt: performance.now() };
    this.busy.add(turn);
    try {
      return (await this.piscina.run(task, {
        transferList: [...task.inputs.map((input) => input.bytes.buffer as ArrayBuffer), ...task.used],
        signal: timeout.signal,
      })) as DecodeResult;
    } catch (cause) {
      const error = workerError(timeout.signal.aborted, this.options.taskTimeoutMs, what, cause);
      this.options.onThreadReplaced?.(error);
      throw error;
    } finally {
      clearTimeout(timer);
      this.busy.delete(turn);
      this.endedMs += performance.now() - turn.startedAt;
    }
  }
}
