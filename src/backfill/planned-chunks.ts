/** What of a lake is to be decoded next: objects by name, each with the memory that its rows will take. */
import { type ChunkOrGap, pastGaps } from '../quarantine/past-gaps.js';
import type { LedgerRange, LedgerSource } from '../source/ledger-source.js';
import type { HeldChunk } from '../stream/decode-groups.js';
import type { StreamMemory } from '../stream/memory-shares.js';
import { LARGE_BYTES, type RowGrowth } from '../stream/row-growth.js';

/** A thread unpacks an object whole. Of usual ones that is little beside the program. */
const UNPACKED_FACTOR = 5;

export interface PlannedChunksParts {
  /** A lake's: its chunks hold nothing yet. */
  readonly source: LedgerSource;
  readonly memory: StreamMemory;
  readonly growth: RowGrowth;
}

/** Ledgers that the lake lacks come as chunks which say so, where `passesGaps`; else they are an error. */
export async function* plannedChunks(
  { source, memory, growth }: PlannedChunksParts,
  range: LedgerRange,
  passesGaps: boolean,
  signal: AbortSignal,
): AsyncGenerator<HeldChunk, void, undefined> {
  const chunks: AsyncIterable<ChunkOrGap> = passesGaps
    ? pastGaps(source, range, signal)
    : source.ledgers(range, signal);
  for await (const chunk of chunks) {
    const unpackedBytes = chunk.bytes > LARGE_BYTES ? UNPACKED_FACTOR * chunk.bytes : 0;
    const heldBytes = growth.chargeFor(chunk.bytes) + unpackedBytes;
    // Not as a large chunk, of which there is one at a time: with enough memory each thread has an object of its own.
    await memory.claim(heldBytes);
    yield { ...chunk, heldBytes };
  }
}
