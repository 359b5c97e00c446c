/** What came of ledgers: of one range, or of all that is at work and done. */
import type { DecodedLedger } from '../../workers/decode-result.js';
import type { LedgerRange } from '../source/ledger-source.js';
import type { LedgerGap } from '../stream/app-metadata.js';
import type { EndHashes } from './end-hashes.js';
import type { RangeObserver } from './range-reader.js';

export interface Counts {
  ledgers: number;
  /** After filters. */
  rows: number;
  /** Of LedgerCloseMeta, uncompressed. */
  ledgerBytes: number;
}

type NamedLedger = Pick<DecodedLedger, 'sequence' | 'hash'>;

/** Counts of a range that is being made, for itself and for `total`. */
export class Tally implements RangeObserver {
  readonly counts: Counts = { ledgers: 0, rows: 0, ledgerBytes: 0 };
  readonly gapList: LedgerGap[] = [];
  private readonly total: Counts;
  private first: NamedLedger | undefined;
  private last: NamedLedger | undefined;

  constructor(total: Counts) {
    this.total = total;
  }

  decoded({ sequence, hash, rows, bytes }: DecodedLedger): void {
    this.last = { sequence, hash };
    this.first ??= this.last;
    this.add({ ledgers: 1, rows, ledgerBytes: bytes });
  }

  gaps(gaps: readonly LedgerGap[]): void {
    this.gapList.push(...gaps);
  }

  /** Of `range`, whose ledgers were decoded: null for an end that was set aside. */
  endHashes({ startLedger, endLedger }: LedgerRange): EndHashes {
    const hashOf = (ledger: NamedLedger | undefined, sequence: number): string | null =>
      ledger?.sequence === sequence ? ledger.hash : null;
    return { first_ledger_hash: hashOf(this.first, startLedger), last_ledger_hash: hashOf(this.last, endLedger) };
  }

  /** The range is to be made anew: what was counted does not count. */
  forget(): void {
    const { ledgers, rows, ledgerBytes } = this.counts;
    this.add({ ledgers: -ledgers, rows: -rows, ledgerBytes: -ledgerBytes });
    this.gapList.length = 0;
    this.first = undefined;
    this.last = undefined;
  }

  private add(more: Counts): void {
    for (const counts of [this.counts, this.total]) {
      counts.ledgers += more.ledgers;
      counts.rows += more.rows;
      counts.ledgerBytes += more.ledgerBytes;
    }
  }
}
