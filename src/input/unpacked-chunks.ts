import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ProcessorError } from '../../workers/errors.js';
import { COMPRESSION_MAGIC_BYTES, detectCompression } from '../../workers/unpack/compression.js';
import { damagedGzip, leftOverGzip } from '../../workers/unpack/unpack-gzip.js';
import { unpack } from '../../workers/unpack/unpack.js';
import type { ByteQueue } from './byte-queue.js';
import type { Input } from './open-input.js';
import { zstdChunks } from './zstd-chunks.js';

/** Compressed files up to this size are read whole. */
const WHOLE_PACKED_BYTES = 8 * 1024 * 1024;
/** What a file read whole may unpack to; what unpacks to more is streamed. */
const WHOLE_UNPACKED_BYTES = 64 * 1024 * 1024;

/**
 * The bytes of an input, unpacked where its content says that it is zstd or gzip, in chunks. Throws ProcessorError
 * UNPACK_FAILED or UNPACK_LIMIT without the name of the file. Closes `packed` at its end.
 */
export async function* unpackedChunks(
  packed: ByteQueue,
  sizeBytes: Input['sizeBytes'],
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const compression = detectCompression(await packed.peek(COMPRESSION_MAGIC_BYTES));
    const whole =
      compression === 'zstd' && sizeBytes !== undefined ? await unpackedWhole(packed, sizeBytes) : undefined;
    if (whole !== undefined) yield whole;
    else if (compression === 'zstd') yield* zstdChunks(packed);
    else if (compression === 'gzip') yield* gzipChunks(packed);
    else yield* packed.rest();
  } finally {
    await packed.close();
  }
}

/** A small file in one piece: several times faster than as a stream. undefined, with nothing taken, if it is large. */
async function unpackedWhole(packed: ByteQueue, sizeBytes: number): Promise<Uint8Array | undefined> {
  if (sizeBytes > WHOLE_PACKED_BYTES) return undefined;
  try {
    const bytes = await packed.peek(sizeBytes + 1);
    // A file that is still being written has grown meanwhile.
    return bytes.length > sizeBytes ? undefined : unpack(bytes, { maxBytes: WHOLE_UNPACKED_BYTES });
  } catch (error) {
    if (error instanceof ProcessorError && error.code === 'UNPACK_LIMIT') return undefined;
    throw error;
  }
}

async function* gzipChunks(packed: ByteQueue): AsyncGenerator<Uint8Array, void, undefined> {
  const source = Readable.from(packed.rest(), { objectMode: false });
  const gunzip = createGunzip();
  // Errors of the source do not pass through a pipe by themselves; those of zlib come out of the iteration.
  source.once('error', (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw error instanceof ProcessorError ? error : damagedGzip(error);
  } finally {
    source.destroy();
  }
  const { bytesWritten } = gunzip;
  const leftOver = packed.offset - bytesWritten;
  if (leftOver > 0) throw leftOverGzip(bytesWritten, leftOver);
}
