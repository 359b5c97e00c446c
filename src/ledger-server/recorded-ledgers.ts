/** Ledgers in files: read as they are asked for, the objects of a data lake passed on untouched. */
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

  /** Throws a ProcessorError for paths that hold no ledgers or cannot be read. */
  static async open(paths: readonly string[]): Promise<RecordedLedgers> {
    return new RecordedLedgers(await indexRecorded(paths));
  }

  async *read(start: number, objects: boolean): AsyncGenerator<StoredLedgers, void, undefined> {
    let next = start;
    // Of ledgers recorded twice the run that begins first counts.
    for (const run of this.runs) {
      if (run.last < next) continue;
      if (objects && run.isObject) {
        yield { first: run.first, last: run.last, form: 'object', bytes: await readFile(run.file) };
      } else yield* ledgersOf(run, next);
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
