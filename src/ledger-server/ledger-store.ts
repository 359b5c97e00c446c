/** What a raw ledger server serves. */

/** One ledger, or one object of a data lake as it was stored. */
export interface StoredLedgers {
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
  /** `ledger`: a LedgerCloseMeta. `object`: a LedgerCloseMetaBatch, mostly compressed with zstd. */
  readonly form: 'ledger' | 'object';
  readonly bytes: Uint8Array;
}

export interface LedgerStore {
  /** The ledgers there are, both inclusive; some between them may be missing. */
  readonly first: number;
  readonly last: number;
  /**
   * Ledgers from `start` on, ascending, each once. With `objects`, those stored as data lake objects come as such, the
   * first of which may begin before `start`; otherwise all come one by one.
   */
  read(start: number, objects: boolean): AsyncIterable<StoredLedgers>;
}
