/** Which recorded file holds which ledgers. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readLedgerFile } from '../input/ledger-file.js';
import { ProcessorError } from '../../workers/errors.js';
import { parseLakeObjectName } from './lake-object-name.js';
import { readLedgerHeader } from './ledger-header.js';

/** Consecutive ledgers of a file. */
export interface RecordedRun {
  readonly file: string;
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
  /** Position of the first in the file, from 0. */
  readonly index: number;
  /** Whether the file is these ledgers as a batch compressed with zstd, which can be passed on as it is. */
  readonly isObject: boolean;
}

const LEDGER_FILE = /\.xdr(\.(zst|zstd|gz))?$/;

/**
 * The runs of files, and of the ledger files in directories, by their first ledger. Data lake objects are known by their
 * names; other files are read once. Throws a ProcessorError where there is nothing to read.
 */
export async function indexRecorded(paths: readonly string[]): Promise<RecordedRun[]> {
  const runs: RecordedRun[] = [];
  for (const path of paths) {
    for (const file of await ledgerFiles(path)) runs.push(...(await runsOf(file)));
  }
  if (runs.length === 0) throw new ProcessorError('INPUT_UNREADABLE', `no ledgers in ${paths.join(', ')}`);
  return runs.sort((a, b) => a.first - b.first);
}

async function ledgerFiles(path: string): Promise<string[]> {
  const facts = await stat(path).catch((error: unknown) => {
    throw new ProcessorError('INPUT_UNREADABLE', `${path} cannot be opened`, { file: path }, error);
  });
  if (!facts.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && LEDGER_FILE.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

async function runsOf(file: string): Promise<RecordedRun[]> {
  const object = parseLakeObjectName(basename(file));
  const isObject = object?.compression === 'zstd';
  if (object !== undefined && object.first > 0) {
    return [{ file, first: object.first, last: object.last, index: 0, isObject }];
  }
  const runs = await readRuns(file);
  return runs.length === 1 && isObject ? [{ ...runs[0]!, isObject }] : runs;
}

async function readRuns(file: string): Promise<RecordedRun[]> {
  const runs: RecordedRun[] = [];
  for await (const { bytes, index, sequence = readLedgerHeader(bytes).sequence } of readLedgerFile(file)) {
    const run = runs.at(-1);
    if (run !== undefined && run.last + 1 === sequence) runs[runs.length - 1] = { ...run, last: sequence };
    else runs.push({ file, first: sequence, last: sequence, index, isObject: false });
  }
  return runs;
}
