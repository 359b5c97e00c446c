/** Which ranges of ledgers a stream has to load: what is left of those it has, and new ones where it is asked for more. */
import { ProcessorError } from '../../workers/errors.js';
import type { LedgerRange } from '../postgres/progress/add-partitions.js';
import type { StreamPartition } from '../postgres/progress/claim-stream.js';
import { splitLedgers } from '../request/split-ledgers.js';

export interface WantedLedgers {
  /** Undefined: wherever the stream is. */
  readonly startLedger: number | undefined;
  /** Inclusive; 0 follows the network. */
  readonly endLedger: number;
  readonly partitions: number;
}

/** The ranges to add to those that are stored. Throws CONFIG_INVALID where the stream cannot be begun or extended so. */
export function newRanges(stored: readonly StreamPartition[], wanted: WantedLedgers): LedgerRange[] {
  const { startLedger, endLedger, partitions } = wanted;
  const first = Math.min(...stored.map((partition) => partition.firstLedger));
  if (stored.length === 0) {
    if (startLedger === undefined) throw invalid('expected, since the database has nothing of this stream yet');
    return split(startLedger, endLedger, partitions);
  }
  // States of keys whose deletion has been forgotten would come back to life.
  if (startLedger !== undefined && startLedger < first) {
    throw invalid(`at least ${first} expected, ${startLedger} found: a stream cannot be extended before its beginning`);
  }
  if (stored.some((partition) => partition.endLedger === undefined)) return [];
  const last = Math.max(...stored.map((partition) => partition.endLedger!));
  return endLedger === 0 || endLedger > last ? split(last + 1, endLedger, partitions) : [];
}

/** Where a partition is to end now, inclusive, 0 without end; undefined where nothing of it is to be loaded. */
export function endOf(
  { firstLedger, endLedger, completeThrough }: StreamPartition,
  wantedEnd: number,
): number | undefined {
  const end = Math.min(endLedger ?? Infinity, wantedEnd === 0 ? Infinity : wantedEnd);
  if (end < firstLedger || completeThrough >= end) return undefined;
  return end === Infinity ? 0 : end;
}

function split(first: number, endLedger: number, partitions: number): LedgerRange[] {
  if (endLedger === 0) return [{ firstLedger: first, endLedger: undefined }];
  return splitLedgers(first, endLedger, partitions).map(([firstLedger, last]) => ({ firstLedger, endLedger: last }));
}

function invalid(what: string): ProcessorError {
  return new ProcessorError('CONFIG_INVALID', `START_LEDGER: ${what}`, { key: 'START_LEDGER' });
}
