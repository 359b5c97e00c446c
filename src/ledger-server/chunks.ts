/**
 * Chunks of consecutive ledgers, each a LedgerCloseMetaBatch { startSequence, endSequence, LedgerCloseMeta<> }.
 *
 * A chunk goes out when it is full, when the next ledger does not follow it, or when the next one is not there yet.
 * Objects of a data lake go out as they are.
 */
import { detectCompression } from '../../workers/unpack/compression.js';
import type { ScatteredBytes } from '../grpc/varint.js';
import type { StoredLedgers } from './ledger-store.js';

export interface ChunkLimits {
  readonly maxLedgers: number;
  readonly maxBytes: number;
  /** How long a chunk with room waits for the next ledger. */
  readonly lingerMs: number;
}

export interface Chunk {
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
  readonly isCompressed: boolean;
  readonly bytes: Uint8Array | ScatteredBytes;
}

export async function* chunksOf(
  ledgers: AsyncIterable<StoredLedgers>,
  limits: ChunkLimits,
): AsyncGenerator<Chunk, void, undefined> {
  let open: StoredLedgers[] = [];
  let openBytes = 0;
  const closed = function* (): Generator<Chunk, void, undefined> {
    if (open.length > 0) yield batchOf(open);
    open = [];
    openBytes = 0;
  };

  const input = ledgers[Symbol.asyncIterator]();
  try {
    for (;;) {
      const pending = input.next();
      if (open.length > 0 && !(await settlesWithin(pending, limits.lingerMs))) yield* closed();
      const next = await pending.catch((error: unknown) => ({ error }));
      if ('error' in next || next.done === true) {
        // Also before a failure: what came before it was whole.
        yield* closed();
        if ('error' in next) throw next.error;
        return;
      }

      const { bytes, first, last, form } = next.value;
      const follows = form === 'ledger' && open.at(-1)?.last === first - 1;
      if (!follows || openBytes + bytes.byteLength > limits.maxBytes) yield* closed();
      if (form === 'object') yield { first, last, isCompressed: detectCompression(bytes) === 'zstd', bytes };
      else {
        open.push(next.value);
        openBytes += bytes.byteLength;
        if (open.length === limits.maxLedgers) yield* closed();
      }
    }
  } finally {
    await input.return?.();
  }
}

function batchOf(ledgers: readonly StoredLedgers[]): Chunk {
  const { first } = ledgers[0]!;
  const { last } = ledgers.at(-1)!;
  const head = Buffer.alloc(12);
  head.writeUInt32BE(first, 0);
  head.writeUInt32BE(last, 4);
  head.writeUInt32BE(ledgers.length, 8);
  return { first, last, isCompressed: false, bytes: scattered([head, ...ledgers.map(({ bytes }) => bytes)]) };
}

function scattered(pieces: readonly Uint8Array[]): ScatteredBytes {
  return {
    byteLength: pieces.reduce((sum, { byteLength }) => sum + byteLength, 0),
    copyTo(target, at) {
      let end = at;
      for (const piece of pieces) {
        target.set(piece, end);
        end += piece.byteLength;
      }
    },
  };
}

/** Whether a promise settles within the time; what it settles to, also a rejection, is for the caller to await. */
async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
