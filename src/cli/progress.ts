/** Progress of long work, on one line of a terminal; silent elsewhere and while the work is short. */
import type { DecodedLedger } from '../../workers/decode-result.js';

const SHOW_AFTER_MS = 1000;
const REDRAW_EVERY_MS = 200;
const CLEAR_LINE = '\r\u001b[2K';

export class DecodeProgress {
  private readonly stream: NodeJS.WriteStream;
  private readonly startedAt = performance.now();
  private drawnAt = 0;
  private ledgers = 0;
  private rows = 0;
  private bytes = 0;
  private lastLedger = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  add(ledger: DecodedLedger): void {
    this.ledgers += 1;
    this.rows += ledger.rows;
    this.bytes += ledger.bytes;
    this.lastLedger = ledger.sequence;
    if (this.stream.isTTY) this.draw(performance.now());
  }

  /** Removes the line. */
  end(): void {
    if (this.drawnAt > 0) this.stream.write(CLEAR_LINE);
  }

  private draw(now: number): void {
    if (now - this.startedAt < SHOW_AFTER_MS || now - this.drawnAt < REDRAW_EVERY_MS) return;
    this.drawnAt = now;
    const seconds = (now - this.startedAt) / 1000;
    const perSecond = (count: number): string => Math.round(count / seconds).toLocaleString('en');
    this.stream.write(
      `${CLEAR_LINE}ledger ${this.lastLedger}: ${this.ledgers.toLocaleString('en')} ledgers, ` +
        `${this.rows.toLocaleString('en')} rows, ${perSecond(this.ledgers)} ledgers/s, ${perSecond(this.rows)} rows/s, ` +
        `${perSecond(this.bytes / 1e6)} MB/s`,
    );
  }
}
