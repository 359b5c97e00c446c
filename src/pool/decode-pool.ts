/**
 * The decode pool: tasks of ledgers in, results out, on worker threads (piscina) or in this thread.
 *
 * - Bytes in flight are bounded: a task waits until the bytes of those before it are done.
 * - What ledgers hold never makes `run` reject: bad bytes are an error value in the result. It rejects with a
 *   ProcessorError when the worker itself fails; the thread has been replaced by then.
 */
import { Piscina } from 'piscina';
import type { DecodeInput, DecodeResult } from '../../workers/decode-result.js';
import { type DecodeTask, TaskRunner } from '../../workers/decode-task.js';
import { type ErrorCode, ProcessorError } from '../../workers/errors.js';
import { ByteBudget } from './byte-budget.js';
import { transferable } from './transfer.js';

export interface DecodePool {
  /** Decodes a task. Input bytes may be detached afterwards. `what` names the ledgers in errors. */
  run(task: DecodeTask, what: string): Promise<DecodeResult>;
  /** Finishes what was accepted, then ends the threads. */
  close(): Promise<void>;
}

export interface ThreadPoolOptions {
  readonly threads: number;
  /** Input bytes being decoded or waiting for a thread. */
  readonly maxBytesInFlight: number;
  /** A task that takes longer is given up and its thread replaced. */
  readonly taskTimeoutMs: number;
  /** Heap of one thread, which bounds what hostile input can make it use. */
  readonly maxHeapMb?: number;
  /** The thread's entry; a parameter so that tests can bring one that fails. */
  readonly entry?: URL;
}

const THREAD_ENTRY = new URL('../../workers/decode-ledgers.js', import.meta.url);

/** Runs the worker's code on the calling thread: for tests, and where a thread would not pay. */
export class InlineDecodePool implements DecodePool {
  private readonly runner = new TaskRunner();

  run(task: DecodeTask): Promise<DecodeResult> {
    return Promise.resolve(this.runner.run(task));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export class ThreadDecodePool implements DecodePool {
  private readonly piscina: Piscina;
  private readonly budget: ByteBudget;
  private readonly taskTimeoutMs: number;

  constructor(options: ThreadPoolOptions) {
    this.piscina = new Piscina({
      filename: (options.entry ?? THREAD_ENTRY).href,
      minThreads: options.threads,
      maxThreads: options.threads,
      idleTimeout: Infinity,
      ...(options.maxHeapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMb } }),
    });
    // Without a listener a thread's failure outside a task would end the process; within a task it rejects the task.
    this.piscina.on('error', () => undefined);
    this.budget = new ByteBudget(options.maxBytesInFlight);
    this.taskTimeoutMs = options.taskTimeoutMs;
  }

  /** Input bytes being decoded now. */
  get bytesInFlight(): number {
    return this.budget.usedBytes;
  }

  /** Share of the time since the pool began that its threads were busy, 0 to 1. */
  get utilisation(): number {
    return this.piscina.utilization;
  }

  async run(task: DecodeTask, what: string): Promise<DecodeResult> {
    const inputs = task.inputs.map((input): DecodeInput => ({ ...input, bytes: transferable(input.bytes) }));
    const bytes = inputs.reduce((sum, input) => sum + input.bytes.byteLength, 0);
    await this.budget.acquire(bytes);
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.taskTimeoutMs);
    try {
      return (await this.piscina.run({ request: task.request, inputs } satisfies DecodeTask, {
        transferList: inputs.map((input) => input.bytes.buffer as ArrayBuffer),
        signal: timeout.signal,
      })) as DecodeResult;
    } catch (error) {
      throw this.workerError(timeout.signal.aborted, what, error);
    } finally {
      clearTimeout(timer);
      this.budget.release(bytes);
    }
  }

  async close(): Promise<void> {
    await this.piscina.close();
  }

  private workerError(timedOut: boolean, what: string, cause: unknown): ProcessorError {
    const code: ErrorCode = timedOut ? 'WORKER_TIMEOUT' : 'WORKER_CRASHED';
    const reason = timedOut
      ? `did not finish within ${this.taskTimeoutMs} ms`
      : `failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    return new ProcessorError(code, `the worker that decoded ${what} ${reason}; it was replaced`, {}, cause);
  }
}
