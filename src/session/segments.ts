/** The stretches of a session, one for each set of filters that it has had. */
import type { DecodeRequest } from '../../workers/request.js';
import type { RangeRequest } from '../request/range-request.js';
import type { LedgerSource } from '../source/ledger-source.js';
import { Segment } from './segment.js';

export class Segments {
  private readonly source: LedgerSource;
  private readonly before: RangeRequest[] = [];
  private segment: Segment;
  private following: RangeRequest | undefined;

  constructor(range: RangeRequest, source: LedgerSource) {
    this.source = source;
    this.segment = new Segment(range, source);
  }

  /** The one being read. */
  get current(): Segment {
    return this.segment;
  }

  /** All of them, in order; the last one reaches to the session's end. */
  get ranges(): readonly RangeRequest[] {
    return [...this.before, this.last];
  }

  get last(): RangeRequest {
    return this.following ?? this.segment.range;
  }

  /**
   * Begins another one right behind the last ledger handed out, and returns where that is: undefined where no ledger is
   * left for it. The current one is to be read to its end first.
   */
  continueWith(decode: DecodeRequest): number | undefined {
    const { range, nextLedger } = this.segment;
    if (range.endLedger !== 0 && nextLedger > range.endLedger) return undefined;
    if (this.following === undefined && nextLedger > range.startLedger) {
      this.before.push({ ...range, endLedger: nextLedger - 1 });
    }
    this.following = { ...range, startLedger: nextLedger, decode };
    this.segment.leave();
    return nextLedger;
  }

  /** Goes on to the next one; false where there is none. */
  advance(): boolean {
    if (this.following === undefined) return false;
    this.segment = new Segment(this.following, this.source);
    this.following = undefined;
    return true;
  }
}
