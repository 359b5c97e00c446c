/** Ledgers in files: read as they are asked for; objects of a data lake and quarantined ledgers are passed on untouched. */
import { readFile } from 'node:fs/promises';
import { readLedgerFile } from '../input/ledger-file.js';
import type { LedgerStore, StoredLedgers } from './ledger-store.js';
import { indexRecorded, type RecordedRun } from './recorded-index.js';

export class RecordedLedgers implements LedgerStore {
  readonly first: number;
  readonly last: number;
  private readonly runs: readonly RecordedRun[];

  private constructor(runs: readonly RecordedRun[]) {
    this.runs = runs;
    this.first = runs[0]!.first;
    this.last = Math.max(...runs.map(({ last }) => last));
  }

  /**
   * Quarantined ledgers of other networks than `networkPassphrase`, unless empty, are left out. Throws a ProcessorError
   * for paths that hold no ledgers or cannot be read.
   */
  static async open(paths: readonly string[], networkPassphrase = ''): Promise<RecordedLedgers> {
    return new RecordedLedgers(await indexRecorded(paths, networkPassphrase));
  }

  async *read(start: number, objects: boolean): AsyncGenerator<StoredLedgers, void, undefined> {
    let next = start;
    // Of ledgers recorded twice the run that begins first counts.
    for (const run of this.runs) {
      if (run.last < next) continue;
      const { first, last, whole } = run;
      if (whole === 'ledger') yield { first, last, form: 'ledger', bytes: await readFile(run.file) };
      else if (whole === 'batch' && objects) yield { first, last, form: 'object', bytes: await readFile(run.file) };
      else yield* ledgersOf(run, next);
      next = run.last + 1;
    }
  }
}

async function* ledgersOf(run: RecordedRun, start: number): AsyncGenerator<StoredLedgers, void, undefined> {
  for await (const { bytes, index } of readLedgerFile(run.file)) {
    const sequence = run.first + index - run.index;
    if (sequence > run.last) return;
    if (index >= run.index && sequence >= start) yield { first: sequence, last: sequence, form: 'ledger', bytes };
  }
}
