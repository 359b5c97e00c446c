/** Work that is tried again while its failures may pass. */
import { isTransient } from '../postgres/connection/transient.js';
import { databaseRefused, databaseUnavailable } from './database/database-failure.js';
import { explained, flightRefused, flightUnavailable, isPassing } from './flight/flight-failure.js';
import type { FlightTarget } from './flight/ledger-stream.js';
import type { Patience } from './patience.js';

interface Failures {
  /** The error to go by in place of one that says too little. */
  explained?(error: unknown, signal: AbortSignal): Promise<unknown>;
  isPassing(error: unknown): boolean;
  /** The error to throw for one that does not pass, and for one that has not passed for long enough. */
  refused(error: unknown): unknown;
  unavailable(error: unknown): unknown;
}

/** Failures of PostgreSQL; `doing` says what it was wanted for. */
export function databaseFailures(doing: string): Failures {
  return {
    isPassing: isTransient,
    refused: (error) => databaseRefused(error, doing),
    unavailable: (error) => databaseUnavailable(error, doing),
  };
}

export function flightFailures(target: FlightTarget): Failures {
  return {
    explained: (error, signal) => explained(target, error, signal),
    isPassing,
    refused: flightRefused,
    unavailable: (error) => flightUnavailable(target, error),
  };
}

/** Throws the signal's reason when it aborts. `attempt` counts from 0. */
export async function persist<T>(
  failures: Failures,
  patience: Patience,
  signal: AbortSignal,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (caught) {
      signal.throwIfAborted();
      const error = failures.explained === undefined ? caught : await failures.explained(caught, signal);
      signal.throwIfAborted();
      if (!failures.isPassing(error)) throw failures.refused(error);
      if (!(await patience.waitAfter(error, signal))) throw failures.unavailable(error);
    }
  }
}
