/** `backfill --sink arrow|parquet`: ranges of a data lake as files. */
import { resolve } from 'node:path';
import { alignedRanges } from '../backfill/aligned-ranges.js';
import { joinedEndHashes } from '../backfill/end-hashes.js';
import { FileSink } from '../backfill/files/file-sink.js';
import type { FileFormat, RangeManifest } from '../backfill/files/range-manifest.js';
import { makeFiles } from '../backfill/make-files.js';
import { openBackfill, refuseBeyondTip } from '../backfill/open-backfill.js';
import { type BackfillReport, type FailedRange, rates } from '../backfill/report.js';
import type { Counts } from '../backfill/tally.js';
import type { BackfillConfig } from '../config/backfill-settings.js';
import type { LakeAddress } from '../lake/lake-url.js';
import type { Logger } from '../ops/logger.js';
import type { LedgerRange } from '../source/ledger-source.js';
import type { DecodeRequest } from '../../workers/request.js';
import type { BackfillProgress } from './backfill-progress.js';

export interface BackfillIntoFiles {
  readonly source: LakeAddress;
  readonly range: LedgerRange;
  readonly rangeLedgers: number;
  readonly request: DecodeRequest;
  readonly format: FileFormat;
  readonly directory: string;
}

/** A folder with what it has and what it lacks of a request. */
export interface FilePlan {
  readonly sink: FileSink;
  readonly found: readonly RangeManifest[];
  readonly missing: readonly LedgerRange[];
}

export async function planFiles(wanted: BackfillIntoFiles): Promise<FilePlan> {
  const { range, rangeLedgers, directory, format, request } = wanted;
  const ranges = alignedRanges(range.startLedger, range.endLedger, rangeLedgers);
  const sink = await FileSink.open({ directory, format, request, rangeLedgers }, ranges);
  const found: RangeManifest[] = [];
  const missing: LedgerRange[] = [];
  for (const one of ranges) {
    const manifest = await sink.finished(one);
    if (manifest === undefined) missing.push(one);
    else found.push(manifest);
  }
  return { sink, found, missing };
}

/** Throws what kept any range from being made; a range that failed by itself is in the report. */
export async function backfillIntoFiles(
  wanted: BackfillIntoFiles,
  config: BackfillConfig,
  progress: BackfillProgress,
  logger: Logger,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const { source, range, request, format, directory } = wanted;
  const { sink, found, missing } = await planFiles(wanted);
  const done = [...found];
  const failed: FailedRange[] = [];
  const total: Counts = { ledgers: 0, rows: 0, ledgerBytes: 0 };
  const startedAt = performance.now();
  const opened = await openBackfill(source, config, request.networkPassphrase, logger);
  try {
    if (missing.length > 0) await refuseBeyondTip(opened.lake, range);
    await sink.begin();
    progress.follow(ledgersOf(missing), total);
    const observer = {
      made: (manifest: RangeManifest) => {
        done.push(manifest);
        logger.info(
          { ledger: manifest.first_ledger, lastLedger: manifest.last_ledger, rows: manifest.rows, file: manifest.file },
          'range made',
        );
      },
      failed: (at: LedgerRange, { code, message: reason }: { readonly code: string; readonly message: string }) => {
        failed.push({ first_ledger: at.startLedger, last_ledger: at.endLedger, code, reason });
        logger.error({ ledger: at.startLedger, lastLedger: at.endLedger, code }, reason);
      },
    };
    const { reader } = opened;
    await makeFiles(missing, { reader, sink, request, atOnce: config.rangesAtOnce, total, observer }, signal);
  } finally {
    progress.end();
    await opened.close();
  }
  const sum = (of: (manifest: RangeManifest) => number): number =>
    done.reduce((count, manifest) => count + of(manifest), 0);
  return {
    sink: format,
    out: resolve(directory),
    first_ledger: range.startLedger,
    last_ledger: range.endLedger,
    ...joinedEndHashes(done, range.startLedger, range.endLedger),
    ranges: found.length + missing.length,
    ranges_found: found.length,
    ledgers: sum((manifest) => manifest.last_ledger - manifest.first_ledger + 1),
    rows: sum((manifest) => manifest.rows),
    bytes: sum((manifest) => manifest.ledger_bytes),
    file_bytes: sum((manifest) => manifest.bytes),
    gaps: done.flatMap((manifest) => manifest.gaps).sort(([a], [b]) => a - b),
    failed,
    ...rates(total, performance.now() - startedAt),
  };
}

function ledgersOf(ranges: readonly LedgerRange[]): number {
  return ranges.reduce((sum, { startLedger, endLedger }) => sum + endLedger - startLedger + 1, 0);
}
