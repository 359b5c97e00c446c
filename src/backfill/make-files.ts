/** A backfill into files: ranges that are not there yet, several at once. */
import { asProcessorError, type ProcessorError } from '../../workers/errors.js';
import type { DecodeRequest } from '../../workers/request.js';
import type { LedgerRange } from '../source/ledger-source.js';
import type { FileSink } from './files/file-sink.js';
import type { RangeManifest } from './files/range-manifest.js';
import { isRangeFault } from './range-fault.js';
import type { RangeReader } from './range-reader.js';
import { isLeft, splitTables } from './split-tables.js';
import { type Counts, Tally } from './tally.js';

/** Files of one table. */
export interface TableFiles {
  readonly sink: FileSink;
  readonly request: DecodeRequest;
}

/** A range with the tables that it is still to be made for; at least one. */
export interface MissingFiles {
  readonly range: LedgerRange;
  readonly tables: readonly TableFiles[];
}

export interface MakeFilesOptions {
  readonly reader: RangeReader;
  readonly atOnce: number;
  /** Grows with each ledger that is decoded, and its rows in the first table that is missing. */
  readonly total: Counts;
  readonly observer: MakeFilesObserver;
}

export interface MakeFilesObserver {
  made(manifest: RangeManifest): void;
  failed(range: LedgerRange, error: ProcessorError): void;
}

/**
 * Resolves when each range is made, or has failed for a reason of its own. Throws what would fail them all, or the
 * signal's reason; nothing half-made is left then.
 */
export async function makeFiles(
  missing: readonly MissingFiles[],
  options: MakeFilesOptions,
  signal: AbortSignal,
): Promise<void> {
  const broken = new AbortController();
  const either = AbortSignal.any([signal, broken.signal]);
  const waiting = missing[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const files of waiting) {
      either.throwIfAborted();
      await makeRange(files, options, either);
    }
  };
  const lanes = Array.from({ length: options.atOnce }, () =>
    lane().catch((error: unknown) => {
      broken.abort(error);
    }),
  );
  await Promise.all(lanes);
  if (broken.signal.aborted) throw broken.signal.reason;
}

async function makeRange(
  { range, tables }: MissingFiles,
  options: MakeFilesOptions,
  signal: AbortSignal,
): Promise<void> {
  const { reader, total, observer } = options;
  const tallies = tables.map((_, i) => new Tally(i === 0 ? total : { ledgers: 0, rows: 0, ledgerBytes: 0 }));
  const wanted = tables.map(({ request }, i) => ({ request, observer: tallies[i]! }));
  const split = splitTables(reader.batches(range, wanted, signal), tables.length);
  const written = await Promise.allSettled(
    tables.map(async ({ sink }, i) => observer.made(await sink.write(range, split[i]!, tallies[i]!))),
  );
  const errors = written.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []));
  if (errors.length === 0) return;
  for (const tally of tallies) tally.forget();
  if (signal.aborted) throw signal.reason;
  const error = errors.find((one) => !isLeft(one));
  const failure = asProcessorError(error);
  if (!isRangeFault(failure)) throw error;
  observer.failed(range, failure);
}
