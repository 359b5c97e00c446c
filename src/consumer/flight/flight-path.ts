/** FLIGHT_PATH: the path of a session's flight, its parts joined by `/`. */
import { SESSION_PATH } from '../../producer/session-request.js';

export interface FlightPath {
  /** Undefined: the newest session. */
  readonly sessionId: string | undefined;
}

/** Undefined where the path is not a session's. */
export function parseFlightPath(text: string): FlightPath | undefined {
  const [first, second, sessionId, ...rest] = text.split('/').filter((part) => part !== '');
  if (first !== SESSION_PATH[0] || second !== SESSION_PATH[1] || rest.length > 0) return undefined;
  return { sessionId };
}
