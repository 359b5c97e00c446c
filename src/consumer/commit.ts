/** What one transaction brings into the database: all rows of a run of whole ledgers. */
import type { LedgerGap } from '../stream/app-metadata.js';

export interface Commit {
  /** First and last ledger, both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly bytes: number;
  /** Rows in COPY's binary form, without header and trailer; each chunk has its buffer for itself. */
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  /** Ledgers among them that gave no rows because they were set aside. */
  readonly gaps: readonly LedgerGap[];
  /** Close time of the last row's ledger, Unix milliseconds; 0 where there is no row. */
  readonly lastClosedAtMs: number;
}
