/** How much memory objects of a lake are to be given before they are fetched: what those before them became, in any range. */
import { RowGrowth } from '../stream/row-growth.js';

/** Until something is known: objects are compressed to a fifth or so, and rows take somewhat more than ledgers. */
const FIRST_FACTOR = 6;

export class LakeGrowth extends RowGrowth {
  private isKnown = false;

  override chargeFor(bytes: number): number {
    const charge = super.chargeFor(bytes);
    return this.isKnown ? charge : Math.max(charge, FIRST_FACTOR * bytes);
  }

  override learn(rawBytes: number, rowBytes: number): void {
    this.isKnown ||= rawBytes > 0;
    super.learn(rawBytes, rowBytes);
  }
}
