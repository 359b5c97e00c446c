/**
 * What the ledgers of a stream were, by checksum, so that one which comes again is known to be the same: the first copy has
 * been made into rows by then, and which of two is right nobody here can tell.
 */
import type { LedgerChecksum } from '../../workers/decode-result.js';
import type { ProcessorError } from '../../workers/errors.js';
import { conflictingRepeat } from '../source/source-errors.js';

/** Repeats follow closely: an overlap of chunks, or what a source sends again after a break. */
const REMEMBERED_LEDGERS = 1024;

export class SeenLedgers {
  private readonly checksums = new Map<number, number>();

  /** Notes ledgers in the order in which they came; gives the error for the first that was something else before. */
  conflictIn(came: readonly LedgerChecksum[]): ProcessorError | undefined {
    for (const [sequence, checksum] of came) {
      const before = this.checksums.get(sequence);
      if (before === undefined) this.remember(sequence, checksum);
      else if (before !== checksum) return conflictingRepeat(sequence);
    }
    return undefined;
  }

  private remember(sequence: number, checksum: number): void {
    this.checksums.set(sequence, checksum);
    if (this.checksums.size <= REMEMBERED_LEDGERS) return;
    for (const oldest of this.checksums.keys()) {
      this.checksums.delete(oldest);
      return;
    }
  }
}
