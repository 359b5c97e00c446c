/**
 * How much memory ledgers are to be given before their size as rows is known: compressed ones become several times as
 * large, and wide columns make more of a ledger than it was.
 */

/** Also for the first ledgers, of which nothing is known, and for a next one that is larger than the last. */
const LEAST_FACTOR = 1.5;
/** Compressed ledgers, and rows of some of them only, differ a lot from one to the next. */
const MOST_FACTOR = 12;
/** Of a chunk that its source asks extra room for. */
export const LARGE_BYTES = 8 * 1024 * 1024;
/**
 * A chunk is there twice while gRPC copies its parts into one message, and while a thread makes rows of it; and of memory in
 * such large pieces, freed in another order than it was taken, the allocator keeps about as much again. Of usual chunks only
 * a few are ever at either stage.
 */
const LARGE_EXTRA = 2;
/** By so much of it the factor falls with each group that made less of it. */
const DECAY = 0.1;

export class RowGrowth {
  private factor = LEAST_FACTOR;

  /** What to hold for a chunk of `bytes`, as it comes and while it is decoded. */
  chargeFor(bytes: number): number {
    return Math.ceil((bytes > LARGE_BYTES ? this.factor + LARGE_EXTRA : this.factor) * bytes);
  }

  /** Chunks of `rawBytes` have become `rowBytes`. */
  learn(rawBytes: number, rowBytes: number): void {
    if (rawBytes === 0) return;
    const grown = Math.max(rowBytes / rawBytes, (1 - DECAY) * this.factor);
    this.factor = Math.min(MOST_FACTOR, Math.max(LEAST_FACTOR, grown));
  }
}
