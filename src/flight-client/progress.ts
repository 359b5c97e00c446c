/** The progress that a service's messages tell in their app_metadata. */
import { status } from '@grpc/grpc-js';
import type { BatchProgress } from '../stream/app-metadata.js';
import { FlightReadError } from './flight-read-error.js';

const COUNTS = ['first_ledger', 'last_ledger', 'complete_through', 'rows'] as const;

/** Throws a FlightReadError for anything but progress of version 1. */
export function parseProgress(appMetadata: Uint8Array): BatchProgress {
  const text = Buffer.from(appMetadata).toString('utf8');
  const value = jsonOf(text);
  if (!isProgress(value)) {
    throw new FlightReadError(status.DATA_LOSS, `app_metadata with progress of version 1 expected, got ${text}`);
  }
  return value;
}

function isProgress(value: unknown): value is BatchProgress {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return fields.v === 1 && COUNTS.every((name) => Number.isInteger(fields[name]));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
