/** Whether what went wrong is a matter of one range, so that the others can still be made. */
import type { ErrorCode, ProcessorError } from '../../workers/errors.js';

/** What is wrong with these ledgers; all else would be wrong with any. */
const OF_THE_LEDGERS: ReadonlySet<ErrorCode> = new Set([
  'UNPACK_FAILED',
  'UNPACK_LIMIT',
  'LEDGER_INVALID',
  'LEDGER_MISMATCH',
  'ROW_TOO_LARGE',
  'ROW_REFUSED',
  'WORKER_CRASHED',
  'WORKER_TIMEOUT',
  'SOURCE_GAP',
  'SOURCE_CONFLICT',
]);

export function isRangeFault({ code }: ProcessorError): boolean {
  return OF_THE_LEDGERS.has(code);
}
