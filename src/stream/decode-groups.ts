/**
 * Groups what a source brings into tasks for the decode pool.
 *
 * Groups end at multiples of `ledgersPerTask`, counted from ledger 0, and at BYTES_PER_GROUP; and as soon as nothing
 * more has arrived, so that at the tip of the network no ledger waits for the next. How ledgers are grouped has no
 * influence on rows or batches.
 */
import type { ChunkOrGap } from '../quarantine/past-gaps.js';

/** A group larger than this would only keep other threads waiting. */
const BYTES_PER_GROUP = 4 * 1024 * 1024;

/** A chunk with what its stream's memory holds for it: more than its bytes, since its rows may take more. */
export interface HeldChunk extends ChunkOrGap {
  readonly heldBytes: number;
}

/** Chunks to be decoded together, in order; never empty. */
export type ChunkGroup = readonly HeldChunk[];

export async function* decodeGroups(
  chunks: AsyncIterable<HeldChunk>,
  ledgersPerTask: number,
): AsyncGenerator<ChunkGroup, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  let group: HeldChunk[] = [];
  let bytes = 0;
  let next = iterator.next();
  try {
    for (;;) {
      if (group.length > 0 && !(await isReady(next))) {
        yield group;
        group = [];
        bytes = 0;
      }
      const result: IteratorResult<HeldChunk, unknown> = await next;
      if (result.done === true) break;
      const chunk = result.value;
      next = iterator.next();
      const startsGroup = chunk.firstLedger % ledgersPerTask === 0 || bytes + chunk.bytes > BYTES_PER_GROUP;
      if (group.length > 0 && startsGroup) {
        yield group;
        group = [];
        bytes = 0;
      }
      group.push(chunk);
      bytes += chunk.bytes;
    }
    if (group.length > 0) yield group;
  } catch (error) {
    // What came before a failure is not lost with it.
    if (group.length > 0) yield group;
    throw error;
  } finally {
    next.catch(() => undefined);
    await iterator.return?.();
  }
}

/** Whether `promise` is settled by the end of this turn of the event loop. */
async function isReady(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  const turn = new Promise<false>((resolve) => setImmediate(resolve, false));
  return await Promise.race([settled, turn]);
}
