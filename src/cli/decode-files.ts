/** The files that `decode` reads, as tasks for the decode pool. */
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { DecodeInput } from '../../workers/decode-result.js';
import { type RawLedger, readLedgerFile } from '../input/ledger-file.js';
import { type DecodePool, InlineDecodePool, ThreadDecodePool } from '../pool/decode-pool.js';

/** Ledgers of one file, decoded together. */
export interface InputTask {
  readonly file: string;
  /** Its ledgers, for errors. */
  readonly what: string;
  readonly inputs: readonly DecodeInput[];
}

/** What is to be decoded, with the pool that can. */
export interface OpenedInput {
  readonly pool: DecodePool;
  readonly tasks: AsyncIterable<InputTask>;
  /** Tasks to be started ahead of the one whose rows are next. */
  readonly lookAhead: number;
  close(): Promise<void>;
}

const LEDGERS_PER_TASK = 8;
const BYTES_PER_TASK = 8 * 1024 * 1024;
const TASK_TIMEOUT_MS = 120_000;
/** Below this much input the start of threads costs more than they save. */
const THREADS_PAY_FROM_BYTES = 16 * 1024 * 1024;

/** `workers` threads; 0 decodes in the main thread, undefined leaves it to the size of the files. */
export function openFiles(files: readonly string[], workers: number | undefined): OpenedInput {
  const threads = workers ?? defaultThreads(files);
  const pool = openPool(threads);
  return { pool, tasks: fileTasks(files), lookAhead: 2 * threads + 1, close: () => pool.close() };
}

async function* fileTasks(files: readonly string[]): AsyncGenerator<InputTask, void, undefined> {
  for (const file of files) {
    let ledgers: RawLedger[] = [];
    let bytes = 0;
    try {
      for await (const ledger of readLedgerFile(file)) {
        if (ledgers.length > 0 && bytes + ledger.bytes.byteLength > BYTES_PER_TASK) {
          yield taskOf(file, ledgers);
          ledgers = [];
          bytes = 0;
        }
        ledgers.push(ledger);
        bytes += ledger.bytes.byteLength;
        if (ledgers.length === LEDGERS_PER_TASK) {
          yield taskOf(file, ledgers);
          ledgers = [];
          bytes = 0;
        }
      }
    } catch (error) {
      // What was read before the damage is decoded first.
      if (ledgers.length > 0) yield taskOf(file, ledgers);
      throw error;
    }
    if (ledgers.length > 0) yield taskOf(file, ledgers);
  }
}

function taskOf(file: string, ledgers: readonly RawLedger[]): InputTask {
  const inputs = ledgers.map(({ bytes, sequence }): DecodeInput => ({
    bytes,
    form: 'ledger',
    ...(sequence !== undefined && { sequence }),
  }));
  const first = ledgers[0]!.index + 1;
  return { file, what: `ledgers ${first} to ${first + inputs.length - 1} of ${file}`, inputs };
}

function openPool(threads: number): DecodePool {
  if (threads > 0) {
    return new ThreadDecodePool({
      threads,
      maxBytesInFlight: 2 * threads * BYTES_PER_TASK,
      taskTimeoutMs: TASK_TIMEOUT_MS,
    });
  }
  return new InlineDecodePool();
}

function defaultThreads(files: readonly string[]): number {
  const bytes = files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  return bytes < THREADS_PAY_FROM_BYTES ? 0 : Math.max(1, availableParallelism() - 1);
}
