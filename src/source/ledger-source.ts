/** Where raw ledgers come from. Implementations keep order, resume and retries to themselves. */
import type { DecodeInput } from '../../workers/decode-result.js';

export interface LedgerRange {
  readonly startLedger: number;
  /** Inclusive; 0 follows the tip. */
  readonly endLedger: number;
}

/**
 * Consecutive ledgers as one message of the source brought them. Perhaps only ledgers that have come before, so that they
 * can be compared: then `lastLedger` is the one before `firstLedger`.
 */
export interface LedgerChunk {
  /** Both inclusive. */
  readonly firstLedger: number;
  readonly lastLedger: number;
  /** Their bytes, one input per ledger or one batch. A batch that holds more ledgers says which of them are wanted. */
  readonly inputs: readonly DecodeInput[];
  /** Bytes held by `inputs`. */
  readonly bytes: number;
  /** When the chunk was received, in milliseconds of the monotonic clock (performance.now). */
  readonly receivedAtMs: number;
}

/** Memory for what a source receives, kept by whoever reads it. */
export interface Room {
  /** Resolves when a message of `bytes`, larger than usual, may be received. */
  forLarge(bytes: number): Promise<void>;
}

export interface LedgerSource {
  /**
   * The ledgers of a range, in order, each once, without a gap; ends after `endLedger`. Survives what sources do
   * (absence at start, restarts, silent hangs, skips, repeats) by resuming at the exact next ledger, and throws a
   * ProcessorError for what cannot be survived. Aborting `signal` ends it. Back-pressure is the iteration's pace, and
   * `room` for messages that are larger than usual; without it there is room for all.
   */
  ledgers(range: LedgerRange, signal: AbortSignal, room?: Room): AsyncIterable<LedgerChunk>;
}
