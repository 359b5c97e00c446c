/** Which failures of a database pass by themselves. */

/** SQLSTATE codes and classes (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const TRANSIENT_STATES = [
  '08', // connection exception
  '25006', // read only: a standby that is about to be promoted
  '25P03', // idle in a transaction for longer than the server allows
  '40', // transaction rollback: serialization failure, deadlock
  '53300', // too many connections
  '55P03', // lock not available
  '57P01', // admin shutdown
  '57P02', // crash shutdown
  '57P03', // cannot connect now: starting up, in recovery
  '57P05', // idle session timeout
];

/** Codes of Node's network errors (https://nodejs.org/api/errors.html#common-system-errors and getaddrinfo's). */
const TRANSIENT_SYSTEM_CODES: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** pg's own errors carry no code. */
const LOST_CONNECTION =
  /^Connection terminated|^timeout expired$|^Client (?:has encountered|was closed)|^Client network socket disconnected/;

/**
 * Whether the same work may succeed on a new connection later. Wrong passwords, missing rights, full disks and faulty
 * statements do not pass.
 */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isTransient);
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string') return LOST_CONNECTION.test(error.message);
  return TRANSIENT_SYSTEM_CODES.has(code) || TRANSIENT_STATES.some((state) => code.startsWith(state));
}
