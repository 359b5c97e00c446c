/** What a session has done; and, all of them and the range streams together, the service. */
import type { DecodedLedger } from '../../workers/decode-result.js';
import { Rate } from './rate.js';

export class Counts {
  /** Rows in batches that were delivered, once however many readers there are. */
  contractsProcessed = 0;
  /** Rows that the filters refused. */
  entriesSkipped = 0;
  /** Batches with rows. */
  batchesCreated = 0;
  /** Uncompressed LedgerCloseMeta bytes. */
  bytesProcessed = 0;
  /** Rows sent, once for each reader. */
  recordsStreamed = 0;
  /** The last ledger delivered without a gap before it, by the stream that is furthest. */
  currentLedger = 0;
  /** When one of these changed last. */
  updatedAt = new Date();
  private readonly rate = new Rate();
  private readonly whole: Counts | undefined;

  /** What is counted here counts in `whole`, too. */
  constructor(whole?: Counts) {
    this.whole = whole;
  }

  /** Rows delivered per second, over the last ten seconds. */
  get processingRate(): number {
    return this.rate.perSecond;
  }

  decoded(ledger: DecodedLedger): void {
    this.entriesSkipped += ledger.skipped;
    this.bytesProcessed += ledger.bytes;
    this.updatedAt = new Date();
    this.whole?.decoded(ledger);
  }

  batchMade(): void {
    this.batchesCreated += 1;
    this.whole?.batchMade();
  }

  /** A batch reached its first reader. */
  delivered(rows: number, completeThrough: number): void {
    this.contractsProcessed += rows;
    this.currentLedger = Math.max(this.currentLedger, completeThrough);
    this.rate.add(rows);
    this.updatedAt = new Date();
    this.whole?.delivered(rows, completeThrough);
  }

  /** A batch reached a reader. */
  streamed(rows: number): void {
    this.recordsStreamed += rows;
    this.whole?.streamed(rows);
  }
}
