/** What is told of a worker thread that failed at its task. */
import { type ErrorCode, ProcessorError } from '../../workers/errors.js';

/** `what` names the ledgers; a thread that ran into `timeoutMs` did not fail but was given up. */
export function workerError(timedOut: boolean, timeoutMs: number, what: string, cause: unknown): ProcessorError {
  const code: ErrorCode = timedOut ? 'WORKER_TIMEOUT' : 'WORKER_CRASHED';
  const reason = timedOut
    ? `did not finish within ${timeoutMs} ms`
    : `failed: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new ProcessorError(code, `the worker that decoded ${what} ${reason}; it was replaced`, {}, cause);
}
