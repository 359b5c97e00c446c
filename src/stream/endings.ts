/** How streams of rows end, other than well: range streams and sessions alike. */
import { ProcessorError } from '../../workers/errors.js';

/** `error`, with where to read on. */
export function resumable(error: ProcessorError, resumeFrom: number): ProcessorError {
  return new ProcessorError(error.code, `${error.message}; resume_from=${resumeFrom}`, error.place, error);
}

export function shuttingDown(): ProcessorError {
  return new ProcessorError('SHUTTING_DOWN', 'the service is being stopped');
}
