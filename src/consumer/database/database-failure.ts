/** Failures of PostgreSQL in this program's own codes. */
import { DatabaseError } from 'pg';
import { type ErrorCode, ProcessorError } from '../../../workers/errors.js';
import { PostgresError } from '../../postgres/postgres-error.js';

const CODES: Readonly<Record<PostgresError['code'], ErrorCode>> = {
  SCHEMA_TOO_NEW: 'DATABASE_REFUSED',
  SCHEMA_DIFFERS: 'DATABASE_REFUSED',
  STREAM_MISMATCH: 'STREAM_MISMATCH',
  STREAM_FENCED: 'STREAM_FENCED',
  PROGRESS_CONFLICT: 'STREAM_FENCED',
};

/** For a failure that does not pass by itself. `doing` says what was tried. */
export function databaseRefused(error: unknown, doing: string): ProcessorError {
  if (error instanceof ProcessorError) return error;
  if (error instanceof PostgresError) return new ProcessorError(CODES[error.code], error.message, {}, error);
  return new ProcessorError('DATABASE_REFUSED', `${doing}: ${databaseText(error)}`, {}, error);
}

/** For one that could pass, and has not for as often as it was tried. */
export function databaseUnavailable(error: unknown, doing: string): ProcessorError {
  return new ProcessorError('DATABASE_UNAVAILABLE', `${doing}: ${databaseText(error)}`, {}, error);
}

/** SQLSTATE, the server's words, and what it adds to them. */
export function databaseText(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return databaseText(error.errors[0]);
  if (!(error instanceof DatabaseError)) return error instanceof Error ? error.message : String(error);
  const { code = '', message, detail, hint, where } = error;
  const more = [detail, hint, where].filter((text) => text !== undefined && text !== '');
  return [`${code} ${message}`, ...more].join('; ').replaceAll('\n', ' ');
}
