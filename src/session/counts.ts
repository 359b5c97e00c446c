/** What a session has done; and, all of them and the range streams together, the service. */
import type { DecodedLedger } from '../../workers/decode-result.js';
import { SampleWindow } from '../ops/sample-window.js';

const RATE_SPAN_MS = 10_000;
const RATE_RESOLUTION_MS = 500;

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
  private readonly delivery = new SampleWindow<{ readonly rows: number }>(RATE_SPAN_MS, RATE_RESOLUTION_MS);
  private readonly whole: Counts | undefined;
  private readonly now: () => number;

  /** What is counted here counts in `whole`, too. `now` gives milliseconds of a monotonic clock. */
  constructor(whole?: Counts, now: () => number = () => performance.now()) {
    this.whole = whole;
    this.now = now;
    this.sample();
  }

  /** Rows delivered per second, over the last ten seconds. */
  get processingRate(): number {
    this.sample();
    return this.delivery.rate('rows', RATE_SPAN_MS);
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
    this.sample();
    this.contractsProcessed += rows;
    this.currentLedger = Math.max(this.currentLedger, completeThrough);
    this.updatedAt = new Date();
    this.whole?.delivered(rows, completeThrough);
  }

  /** A batch reached a reader. */
  streamed(rows: number): void {
    this.recordsStreamed += rows;
    this.whole?.streamed(rows);
  }

  /** Before each change and each look: in between, nothing has changed. */
  private sample(): void {
    this.delivery.add(this.now(), { rows: this.contractsProcessed });
  }
}
