/** Why a flight could not be read, or not to its end. */
import { status } from '@grpc/grpc-js';
import { ERROR_CODES, type ErrorCode } from '../../workers/errors.js';
import { isServiceError } from '../grpc/service-error.js';

/** Statuses that say nothing against the same call a moment later. */
const PASSING_STATUSES: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
]);

export class FlightReadError extends Error {
  override readonly name = 'FlightReadError';
  readonly status: status;
  /** The code of the table of errors that the service gave as reason; undefined where the failure is gRPC's own. */
  readonly code: ErrorCode | undefined;

  constructor(grpcStatus: status, details: string, cause?: unknown) {
    super(`${status[grpcStatus]}: ${details}`, cause === undefined ? undefined : { cause });
    this.status = grpcStatus;
    const [word = ''] = details.split(':', 1);
    this.code = word in ERROR_CODES ? (word as ErrorCode) : undefined;
  }

  /** Whether reading on, after what was received, may succeed. */
  get retryable(): boolean {
    return PASSING_STATUSES.has(this.status) || (this.code !== undefined && ERROR_CODES[this.code].retryable);
  }
}

/** The error of a call as a FlightReadError. Whatever did not come from gRPC is passed on. */
export function asFlightReadError(error: unknown): unknown {
  return isServiceError(error) ? new FlightReadError(error.code, error.details, error) : error;
}
