/** Which recorded file holds which ledgers. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readLedgerFile } from '../input/ledger-file.js';
import { ProcessorError } from '../../workers/errors.js';
import { DATA_SUFFIX, parseRecord, type QuarantineRecord, RECORD_SUFFIX } from '../quarantine/quarantine-record.js';
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
  /**
   * What the file as a whole is, where it can be passed on as it is: a batch (an object of a data lake), or the bytes of
   * the one ledger. Undefined where its ledgers must be read out of it.
   */
  readonly whole: 'batch' | 'ledger' | undefined;
}

const LEDGER_FILE = /\.xdr(\.(zst|zstd|gz))?$/;

/**
 * The runs of files, and of the ledger files in directories, by their first ledger. Data lake objects are known by their
 * names, quarantined ledgers by the record beside them, which is believed since they may be unreadable; other files are
 * read once. Quarantined ledgers of other networks than `networkPassphrase`, where that is not empty, are left out. Throws a
 * ProcessorError where there is nothing to read.
 */
export async function indexRecorded(paths: readonly string[], networkPassphrase: string): Promise<RecordedRun[]> {
  const runs: RecordedRun[] = [];
  for (const path of paths) {
    for (const file of await ledgerFiles(path)) runs.push(...(await runsOf(file, networkPassphrase)));
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

async function runsOf(file: string, networkPassphrase: string): Promise<RecordedRun[]> {
  const object = parseLakeObjectName(basename(file));
  const whole = object?.compression === 'zstd' ? 'batch' : undefined;
  if (object !== undefined && object.first > 0) {
    return [{ file, first: object.first, last: object.last, index: 0, whole }];
  }
  const record = await quarantineRecord(file);
  if (record !== undefined) {
    const isOther = networkPassphrase !== '' && record.network_passphrase !== networkPassphrase;
    return isOther ? [] : [quarantinedRun(file, record)];
  }
  const runs = await readRuns(file);
  return runs.length === 1 ? [{ ...runs[0]!, whole }] : runs;
}

/** Undefined for a file that no such record is beside. */
async function quarantineRecord(file: string): Promise<QuarantineRecord | undefined> {
  if (!file.endsWith(DATA_SUFFIX)) return undefined;
  const recordFile = join(dirname(file), basename(file, DATA_SUFFIX) + RECORD_SUFFIX);
  const text = await readFile(recordFile, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseRecord(text, recordFile);
}

function quarantinedRun(file: string, record: QuarantineRecord): RecordedRun {
  const { data, first_ledger: firstLedger, last_ledger: last } = record;
  return { file, first: data?.begins_with ?? firstLedger, last, index: 0, whole: data?.form };
}

async function readRuns(file: string): Promise<RecordedRun[]> {
  const runs: RecordedRun[] = [];
  for await (const { bytes, index, sequence = readLedgerHeader(bytes).sequence } of readLedgerFile(file)) {
    const run = runs.at(-1);
    if (run !== undefined && run.last + 1 === sequence) runs[runs.length - 1] = { ...run, last: sequence };
    else runs.push({ file, first: sequence, last: sequence, index, whole: undefined });
  }
  return runs;
}
