/** A source whose permanent gaps are passed: in the place of ledgers that it does not have comes a chunk that says so. */
import { ProcessorError } from '../../workers/errors.js';
import type { PlainError } from '../../workers/errors.js';
import type { LedgerChunk, LedgerRange, LedgerSource, Room } from '../source/ledger-source.js';

/** Ledgers, or the reason why there are none: then it has no inputs. */
export interface ChunkOrGap extends LedgerChunk {
  readonly missing?: PlainError;
}

/** As {@link LedgerSource.ledgers}, but for SOURCE_GAP. */
export async function* pastGaps(
  source: LedgerSource,
  { startLedger, endLedger }: LedgerRange,
  signal: AbortSignal,
  room?: Room,
): AsyncGenerator<ChunkOrGap, void, undefined> {
  let next = startLedger;
  while (endLedger === 0 || next <= endLedger) {
    try {
      yield* source.ledgers({ startLedger: next, endLedger }, signal, room);
      return;
    } catch (error) {
      const gap = gapOf(error, endLedger);
      yield gap;
      next = gap.lastLedger + 1;
    }
  }
}

function gapOf(error: unknown, endLedger: number): ChunkOrGap {
  if (!(error instanceof ProcessorError) || error.code !== 'SOURCE_GAP') throw error;
  const { ledger: firstLedger, lastLedger: last } = error.place;
  if (firstLedger === undefined || last === undefined) throw error;
  const lastLedger = endLedger === 0 ? last : Math.min(last, endLedger);
  return { firstLedger, lastLedger, inputs: [], bytes: 0, receivedAtMs: performance.now(), missing: error.toPlain() };
}
