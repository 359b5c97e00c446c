/**
 * What a ledger of the lake takes as part of its object. Nothing is known of an object before it is fetched, so that those
 * before it are the guess.
 */

/** Of a busy network, compressed, until something is known. */
const FIRST_GUESS_BYTES = 256 * 1024;
/** How much of the guess stays where less was found: sizes fall slowly, and rise at once. */
const DECAY = 0.9;

export class ObjectSizes {
  private ledgerBytes: number | undefined;

  /** For so many ledgers. */
  expect(ledgers: number): number {
    return Math.ceil((this.ledgerBytes ?? FIRST_GUESS_BYTES) * ledgers);
  }

  /** Objects with so many ledgers had so many bytes. */
  found(ledgers: number, bytes: number): void {
    if (ledgers === 0) return;
    const each = bytes / ledgers;
    const before = this.ledgerBytes ?? each;
    this.ledgerBytes = Math.max(each, DECAY * before + (1 - DECAY) * each);
  }
}
