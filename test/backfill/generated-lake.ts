/** Lakes of generated ledgers, and `backfill` on them in this process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backfillIntoFiles, type BackfillIntoFiles } from '../../src/cli/backfill-files.js';
import { BackfillProgress } from '../../src/cli/backfill-progress.js';
import { loadBackfillConfig } from '../../src/config/backfill-config.js';
import type { BackfillConfig } from '../../src/config/backfill-settings.js';
import type { FileFormat } from '../../src/backfill/files/range-manifest.js';
import { BACKFILL_BATCH_ROWS } from '../../src/backfill/range-reader.js';
import type { BackfillReport } from '../../src/backfill/report.js';
import { parseLakeUrl } from '../../src/lake/lake-url.js';
import { createLogger } from '../../src/ops/logger.js';
import { parseRowRequest } from '../../src/request/row-request.js';
import type { LedgerRange } from '../../src/source/ledger-source.js';
import type { TableName } from '../../workers/request.js';
import { keyOf, lakeFolder, type LakeFolder, type Layout, manifestOf, objectsOf } from '../lake/lake-folder.js';
import type { Cleanup } from '../service/cleanup.js';
import { ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';

export const SINGLE: Layout = { ledgersPerFile: 1, filesPerPartition: 64_000 };

/** Of ledgers 1 to `last`, one in an object. */
export function generatedLake(cleanup: Cleanup, last: number): LakeFolder {
  const lake = lakeFolder(cleanup);
  lake.put('.config.json', manifestOf(SINGLE, PASSPHRASE));
  for (const [key, bytes] of objectsOf(1, last, SINGLE, ledgerBytes)) lake.put(key, bytes);
  return lake;
}

/** Spoils the object of a ledger; returns what mends it. */
export function spoil(lake: LakeFolder, ledger: number): () => void {
  const [[key, bytes]] = [...objectsOf(ledger, ledger, SINGLE, ledgerBytes)] as [[string, Buffer]];
  lake.put(keyOf(ledger, SINGLE), bytes.subarray(0, bytes.length >> 1));
  return () => void lake.put(key, bytes);
}

export function temporaryFolder(cleanup: Cleanup): string {
  const path = mkdtempSync(join(tmpdir(), 'backfill-'));
  cleanup.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function backfillConfig(env: Readonly<Record<string, string>> = {}): BackfillConfig {
  return loadBackfillConfig({
    flags: {},
    env: { WORKER_COUNT: '1', RANGES_AT_ONCE: '2', LOG_LEVEL: 'fatal', NETWORK_PASSPHRASE: PASSPHRASE, ...env },
  }).values;
}

export interface FilesWanted extends LedgerRange {
  readonly format: FileFormat;
  readonly directory: string;
  readonly rangeLedgers: number;
  /** As in a ticket. */
  readonly request?: Record<string, unknown>;
  /** Of which there are files then; only one's, as `request` says, unless given. */
  readonly tables?: readonly TableName[];
  readonly passphrase?: string;
  /** In place of the default. */
  readonly env?: Readonly<Record<string, string>>;
}

export function filesOf(url: string, wanted: FilesWanted): BackfillIntoFiles {
  const { format, directory, rangeLedgers, startLedger, endLedger, request = {}, passphrase = PASSPHRASE } = wanted;
  const asked = wanted.tables?.map((table) => ({ ...request, table })) ?? [request];
  return {
    source: parseLakeUrl(url),
    range: { startLedger, endLedger },
    rangeLedgers,
    requests: asked.map((one) => parseRowRequest(one, passphrase, BACKFILL_BATCH_ROWS)),
    format,
    directory,
  };
}

export async function makeFilesOf(url: string, wanted: FilesWanted): Promise<BackfillReport> {
  const logger = createLogger({ level: 'silent' });
  const { signal } = new AbortController();
  return await backfillIntoFiles(
    filesOf(url, wanted),
    backfillConfig(wanted.env),
    new BackfillProgress(process.stderr),
    logger,
    signal,
  );
}
