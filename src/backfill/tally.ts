/** What came of ledgers: of one range, or of all that is at work and done. */
import type { DecodedLedger } from '../../workers/decode-result.js';
import type { LedgerGap } from '../stream/app-metadata.js';
import type { RangeObserver } from './range-reader.js';

export interface Counts {
  ledgers: number;
  /** After filters. */
  rows: number;
  /** Of LedgerCloseMeta, uncompressed. */
  ledgerBytes: number;
}

/** Counts of a range that is being made, for itself and for `total`. */
export class Tally implements RangeObserver {
  readonly counts: Counts = { ledgers: 0, rows: 0, ledgerBytes: 0 };
  readonly gapList: LedgerGap[] = [];
  private readonly total: Counts;

  constructor(total: Counts) {
    this.total = total;
  }

  decoded({ rows, bytes }: DecodedLedger): void {
    this.add({ ledgers: 1, rows, ledgerBytes: bytes });
  }

  gaps(gaps: readonly LedgerGap[]): void {
    this.gapList.push(...gaps);
  }

  /** The range is to be made anew: what was counted does not count. */
  forget(): void {
    const { ledgers, rows, ledgerBytes } = this.counts;
    this.add({ ledgers: -ledgers, rows: -rows, ledgerBytes: -ledgerBytes });
    this.gapList.length = 0;
  }

  private add(more: Counts): void {
    for (const counts of [this.counts, this.total]) {
      counts.ledgers += more.ledgers;
      counts.rows += more.rows;
      counts.ledgerBytes += more.ledgerBytes;
    }
  }
}
