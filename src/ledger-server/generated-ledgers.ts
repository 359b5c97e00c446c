/** Ledgers made when they are read. */
import type { LedgerGenerator } from '../simulate/ledger-generator.js';
import type { LedgerStore, StoredLedgers } from './ledger-store.js';

export class GeneratedLedgers implements LedgerStore {
  readonly first: number;
  readonly last: number;
  private readonly generator: Pick<LedgerGenerator, 'ledger'>;

  /** `first` to `last`, both inclusive. */
  constructor(generator: Pick<LedgerGenerator, 'ledger'>, first: number, last: number) {
    this.generator = generator;
    this.first = first;
    this.last = last;
  }

  // The interface is asynchronous for stores that read files.
  // eslint-disable-next-line @typescript-eslint/require-await
  async *read(start: number): AsyncGenerator<StoredLedgers, void, undefined> {
    for (let sequence = Math.max(start, this.first); sequence <= this.last; sequence += 1) {
      yield { first: sequence, last: sequence, form: 'ledger', bytes: this.generator.ledger(sequence) };
    }
  }
}
