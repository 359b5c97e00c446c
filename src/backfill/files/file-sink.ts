/**
 * Ranges as files in a folder, one each. A range whose manifest is there is done; a folder that was begun with another
 * request is left alone.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SCHEMA_VERSION } from '../../../workers/columns/tables.js';
import { ProcessorError } from '../../../workers/errors.js';
import type { DecodeRequest } from '../../../workers/request.js';
import { rowFacts } from '../row-facts.js';
import type { LedgerRange } from '../../source/ledger-source.js';
import type { RangeBatch } from '../range-batch.js';
import type { Tally } from '../tally.js';
import { arrowFile } from './arrow-file.js';
import { parquetFile } from './parquet-file.js';
import {
  type FileFormat,
  FOLDER_MANIFEST,
  jsonText,
  parseRangeManifest,
  type RangeManifest,
  rangeOfManifestName,
  rangeStem,
} from './range-manifest.js';
import { cannotWrite, removeUnfinished, writeWholeFile, written } from './whole-file.js';

export interface FileSinkOptions {
  /** Made where it is not there. */
  readonly directory: string;
  readonly format: FileFormat;
  readonly request: DecodeRequest;
  readonly rangeLedgers: number;
}

export class FileSink {
  private readonly options: FileSinkOptions;

  private constructor(options: FileSinkOptions) {
    this.options = options;
  }

  /**
   * Changes nothing in the folder yet. Throws REQUEST_INVALID where it holds files of another request, or of `ranges` that
   * are cut otherwise.
   */
  static async open(options: FileSinkOptions, ranges: readonly LedgerRange[]): Promise<FileSink> {
    const { directory, request } = options;
    const names = await readdir(directory).catch((error: unknown) => noFolderYet(error, directory));
    if (names.includes(FOLDER_MANIFEST)) {
      const path = join(directory, FOLDER_MANIFEST);
      const found = await written(path, readFile(path, 'utf8'));
      refuseOther(directory, found, jsonText(folderManifest(options)));
    }
    const held = names.flatMap((name) => rangeOfManifestName(name, request.table) ?? []);
    for (const range of held) refuseOverlap(directory, range, ranges);
    return new FileSink(options);
  }

  /** Makes the folder ready to be written to; what a killed process left is removed. */
  async begin(): Promise<void> {
    const { directory } = this.options;
    await mkdir(directory, { recursive: true }).catch((error: unknown) => {
      throw cannotWrite(directory, error);
    });
    await removeUnfinished(directory);
    const path = join(directory, FOLDER_MANIFEST);
    if (!existsSync(path)) await writeWholeFile(path, [Buffer.from(jsonText(folderManifest(this.options)))]);
  }

  /** The manifest of a range that was made before; undefined where it has to be made. */
  async finished(range: LedgerRange): Promise<RangeManifest | undefined> {
    const text = await readFile(this.manifestPath(range), 'utf8').catch(() => '');
    const manifest = parseRangeManifest(text);
    if (manifest === undefined) return undefined;
    const file = await stat(join(this.options.directory, manifest.file)).catch(() => undefined);
    return file?.size === manifest.bytes ? manifest : undefined;
  }

  /** Makes a range from its batches; `tally` has counted them when they end. */
  async write(range: LedgerRange, batches: AsyncIterable<RangeBatch>, tally: Tally): Promise<RangeManifest> {
    const { directory, format, request } = this.options;
    const name = `${rangeStem(request.table, range)}.${format}`;
    const encode = format === 'arrow' ? arrowFile : parquetFile;
    const { bytes, sha256 } = await writeWholeFile(join(directory, name), encode(request, batches));
    const manifest: RangeManifest = {
      v: 1,
      table: request.table,
      schema_version: SCHEMA_VERSION,
      network_passphrase: request.networkPassphrase,
      first_ledger: range.startLedger,
      last_ledger: range.endLedger,
      ...tally.endHashes(range),
      rows: tally.counts.rows,
      ledger_bytes: tally.counts.ledgerBytes,
      gaps: [...tally.gapList],
      file: name,
      bytes,
      sha256,
    };
    try {
      await writeWholeFile(this.manifestPath(range), [Buffer.from(jsonText(manifest))]);
    } catch (error) {
      // A file without a manifest is not of the backfill, but whoever reads the folder would take its rows for such.
      await rm(join(directory, name), { force: true }).catch(() => undefined);
      throw error;
    }
    return manifest;
  }

  private manifestPath(range: LedgerRange): string {
    const { directory, request } = this.options;
    return join(directory, `${rangeStem(request.table, range)}.json`);
  }
}

function folderManifest({ format, request, rangeLedgers }: FileSinkOptions): object {
  const { table, columns, batchRows, intTypes, onBadLedger } = request;
  return {
    v: 1,
    format,
    range_ledgers: rangeLedgers,
    table,
    ...rowFacts(request),
    columns,
    batch_size: batchRows,
    int_types: intTypes,
    on_bad_ledger: onBadLedger,
  };
}

function refuseOther(directory: string, found: string, expected: string): void {
  if (found === expected) return;
  const differing = differingKeys(found, expected).join(', ');
  const message = `${directory} was begun with another request (${differing}): another folder expected, or the same request`;
  throw new ProcessorError('REQUEST_INVALID', message, { key: 'out', file: join(directory, FOLDER_MANIFEST) });
}

function differingKeys(a: string, b: string): string[] {
  try {
    const left = JSON.parse(a) as Record<string, unknown>;
    const right = JSON.parse(b) as Record<string, unknown>;
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.filter((key) => JSON.stringify(left[key]) !== JSON.stringify(right[key]));
  } catch {
    return ['its manifest cannot be read'];
  }
}

/** A range made with another first or last ledger: its rows would be there twice. */
function refuseOverlap(directory: string, held: LedgerRange, ranges: readonly LedgerRange[]): void {
  for (const { startLedger, endLedger } of ranges) {
    const isSame = startLedger === held.startLedger && endLedger === held.endLedger;
    if (isSame || endLedger < held.startLedger || startLedger > held.endLedger) continue;
    const message =
      `${directory} has ledgers ${held.startLedger} to ${held.endLedger} in one file, which overlap ` +
      `${startLedger} to ${endLedger} of this request: remove that file and its .json, or use another folder`;
    throw new ProcessorError('REQUEST_INVALID', message, { key: 'out', ledger: held.startLedger });
  }
}

function noFolderYet(error: unknown, directory: string): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw cannotWrite(directory, error);
}
