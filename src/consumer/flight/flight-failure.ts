/** Failures of the Flight service in this program's own codes. */
import { status } from '@grpc/grpc-js';
import { ProcessorError } from '../../../workers/errors.js';
import { FlightReadError } from '../../flight-client/flight-read-error.js';
import { type TlsFault, tlsFault } from '../../grpc/tls-fault.js';
import type { FlightTarget } from './ledger-stream.js';

/** What gRPC and proxies end a call with when a connection breaks in the middle of it, too. */
const BROKEN_STATUSES: ReadonlySet<status> = new Set([status.CANCELLED, status.INTERNAL, status.UNKNOWN]);

/** Whether the same may work when asked for again. Any other kind of error is about what came, which would come again. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof FlightReadError)) return false;
  return error.retryable || (error.code === undefined && BROKEN_STATUSES.has(error.status));
}

/** `error`, or in its place FLIGHT_REFUSED with the reason where no TLS connection to the service can be made. */
export async function explained({ address, tls }: FlightTarget, error: unknown, signal: AbortSignal): Promise<unknown> {
  const mayBeTls = error instanceof FlightReadError && error.status === status.UNAVAILABLE && error.code === undefined;
  if (tls === undefined || !mayBeTls) return error;
  const fault = await tlsFault(address, tls, signal);
  if (fault === undefined) return error;
  const message = `no TLS connection to the Flight service at ${address}: ${TLS_TEXTS[fault.kind](fault.reason)}`;
  return new ProcessorError('FLIGHT_REFUSED', message, {}, error);
}

const TLS_TEXTS: Readonly<Record<TlsFault['kind'], (reason: string) => string>> = {
  certificate: (reason) => `its certificate is not accepted, ${reason}; see FLIGHT_TLS_CA and FLIGHT_TLS_SERVER_NAME`,
  refused: (reason) => `${reason}; see FLIGHT_TLS, and FLIGHT_TLS_CERT where it asks for a certificate`,
};

/** For a failure that does not pass by itself. */
export function flightRefused(error: unknown): unknown {
  if (!(error instanceof FlightReadError)) return error;
  return new ProcessorError('FLIGHT_REFUSED', `the Flight service refuses the stream: ${error.message}`, {}, error);
}

/** For one that could pass, and has not for as often as it was tried. */
export function flightUnavailable({ address }: FlightTarget, failure: unknown): ProcessorError {
  const reason = failure instanceof Error ? failure.message : String(failure);
  return new ProcessorError('FLIGHT_UNAVAILABLE', `the Flight service at ${address}: ${reason}`, {}, failure);
}
