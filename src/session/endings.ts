/** How a reader's stream of a session ends, other than well. */
import { ProcessorError } from '../../workers/errors.js';

export function slowReader(timeoutMs: number, resumeFrom: number): ProcessorError {
  return new ProcessorError(
    'SLOW_READER',
    `this reader kept others waiting for longer than ${timeoutMs} ms and was detached; read on with a session or range ` +
      `request from there; resume_from=${resumeFrom}`,
  );
}

/** The session holds nothing of ledger `asked` any more, or never did; `retainedFrom` is the first that it has. */
export function windowPassed(sessionId: string, asked: number, retainedFrom: number): ProcessorError {
  return new ProcessorError(
    'WINDOW_PASSED',
    `ledger ${asked} is not held by session ${sessionId}, whose first retained ledger is ${retainedFrom}; ` +
      'earlier ones can be read as a range (FlightInfo.app_metadata has it)',
    { ledger: asked },
  );
}

export function rowsDropped(sessionId: string): ProcessorError {
  const message =
    `session ${sessionId} has ended and its rows are no longer held; ` +
    'its ledgers can be read as a range (FlightInfo.app_metadata has it)';
  return new ProcessorError('FLIGHT_UNKNOWN', message);
}

/** For a reader that stands still in a session that ended long ago. */
export function droppedWhileReading(sessionId: string, retentionMs: number, resumeFrom: number): ProcessorError {
  return new ProcessorError(
    'SLOW_READER',
    `session ${sessionId} ended more than ${retentionMs} ms ago and its rows were dropped; resume_from=${resumeFrom}`,
  );
}
