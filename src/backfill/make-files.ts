/** A backfill into files: ranges that are not there yet, several at once. */
import { asProcessorError, type ProcessorError } from '../../workers/errors.js';
import type { DecodeRequest } from '../../workers/request.js';
import type { LedgerRange } from '../source/ledger-source.js';
import type { FileSink } from './files/file-sink.js';
import type { RangeManifest } from './files/range-manifest.js';
import { isRangeFault } from './range-fault.js';
import type { RangeReader } from './range-reader.js';
import { type Counts, Tally } from './tally.js';

export interface MakeFilesOptions {
  readonly reader: RangeReader;
  readonly sink: FileSink;
  readonly request: DecodeRequest;
  readonly atOnce: number;
  /** Grows with each ledger that is decoded. */
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
  ranges: readonly LedgerRange[],
  options: MakeFilesOptions,
  signal: AbortSignal,
): Promise<void> {
  const broken = new AbortController();
  const either = AbortSignal.any([signal, broken.signal]);
  const waiting = ranges[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const range of waiting) {
      either.throwIfAborted();
      await makeFile(range, options, either);
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

async function makeFile(range: LedgerRange, options: MakeFilesOptions, signal: AbortSignal): Promise<void> {
  const { reader, sink, request, total, observer } = options;
  const tally = new Tally(total);
  try {
    observer.made(await sink.write(range, reader.batches({ ...range, decode: request }, tally, signal), tally));
  } catch (error) {
    tally.forget();
    if (signal.aborted) throw signal.reason;
    const failure = asProcessorError(error);
    if (!isRangeFault(failure)) throw error;
    observer.failed(range, failure);
  }
}
