/** `backfill --sink arrow|parquet`: ranges of a data lake as files. */
import { join, resolve } from 'node:path';
import { alignedRanges } from '../backfill/aligned-ranges.js';
import { joinedEndHashes } from '../backfill/end-hashes.js';
import { FileSink } from '../backfill/files/file-sink.js';
import type { FileFormat, RangeManifest } from '../backfill/files/range-manifest.js';
import { makeFiles, type MissingFiles, type TableFiles } from '../backfill/make-files.js';
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
  /** One for each table. */
  readonly requests: readonly DecodeRequest[];
  readonly format: FileFormat;
  /** Of several tables each has a folder of its own in it, by its name. */
  readonly directory: string;
}

/** Folders with what they have and what they lack of a request. */
export interface FilePlan {
  readonly sinks: readonly FileSink[];
  readonly ranges: readonly LedgerRange[];
  readonly found: readonly RangeManifest[];
  readonly missing: readonly MissingFiles[];
}

export async function planFiles(wanted: BackfillIntoFiles): Promise<FilePlan> {
  const { range, rangeLedgers, directory: out, format, requests } = wanted;
  const ranges = alignedRanges(range.startLedger, range.endLedger, rangeLedgers);
  const tables: TableFiles[] = [];
  for (const request of requests) {
    const directory = requests.length === 1 ? out : join(out, request.table);
    tables.push({ request, sink: await FileSink.open({ directory, format, request, rangeLedgers }, ranges) });
  }
  const found: RangeManifest[] = [];
  const missing: MissingFiles[] = [];
  for (const one of ranges) {
    const manifests = await Promise.all(tables.map(({ sink }) => sink.finished(one)));
    found.push(...manifests.filter((manifest) => manifest !== undefined));
    const toMake = tables.filter((_, i) => manifests[i] === undefined);
    if (toMake.length > 0) missing.push({ range: one, tables: toMake });
  }
  return { sinks: tables.map(({ sink }) => sink), ranges, found, missing };
}

/** Throws what kept any range from being made; a range that failed by itself is in the report. */
export async function backfillIntoFiles(
  wanted: BackfillIntoFiles,
  config: BackfillConfig,
  progress: BackfillProgress,
  logger: Logger,
  signal: AbortSignal,
): Promise<BackfillReport> {
  const { source, range, requests, format, directory } = wanted;
  const { sinks, ranges, found, missing } = await planFiles(wanted);
  const done = [...found];
  const failed: FailedRange[] = [];
  const total: Counts = { ledgers: 0, rows: 0, ledgerBytes: 0 };
  const startedAt = performance.now();
  const opened = await openBackfill(source, config, requests[0]!.networkPassphrase, logger);
  try {
    if (missing.length > 0) await refuseBeyondTip(opened.lake, range);
    for (const sink of sinks) await sink.begin();
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
    await makeFiles(missing, { reader, atOnce: config.rangesAtOnce, total, observer }, signal);
  } finally {
    progress.end();
    await opened.close();
  }
  // The tables are made of the same ledgers, and lack the same.
  const whole = ranges.flatMap(({ startLedger }) => {
    const manifests = done.filter(({ first_ledger: first }) => first === startLedger);
    return manifests.length === requests.length ? manifests.slice(0, 1) : [];
  });
  const sum = (manifests: readonly RangeManifest[], of: (manifest: RangeManifest) => number): number =>
    manifests.reduce((count, manifest) => count + of(manifest), 0);
  return {
    sink: format,
    out: resolve(directory),
    first_ledger: range.startLedger,
    last_ledger: range.endLedger,
    ...joinedEndHashes(whole, range.startLedger, range.endLedger),
    ranges: ranges.length,
    ranges_found: ranges.length - missing.length,
    ledgers: sum(whole, (manifest) => manifest.last_ledger - manifest.first_ledger + 1),
    rows: sum(done, (manifest) => manifest.rows),
    bytes: sum(whole, (manifest) => manifest.ledger_bytes),
    file_bytes: sum(done, (manifest) => manifest.bytes),
    gaps: whole.flatMap((manifest) => manifest.gaps).sort(([a], [b]) => a - b),
    failed,
    ...rates(total, performance.now() - startedAt),
  };
}

function ledgersOf(missing: readonly MissingFiles[]): number {
  return missing.reduce((sum, { range }) => sum + range.endLedger - range.startLedger + 1, 0);
}
