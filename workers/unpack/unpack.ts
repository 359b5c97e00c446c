/**
 * Bounded, synchronous decompression, for worker threads and for small inputs elsewhere.
 *
 * The bound is on the content. Memory beside input and result: none for gzip, and for zstd once the input and once the
 * content, of which a thread keeps 32 MiB at most.
 */
import { detectCompression } from './compression.js';
import { unpackGzip } from './unpack-gzip.js';
import { unpackZstd } from './unpack-zstd.js';

export interface UnpackLimits {
  /** Most bytes of content, 1 byte to 1 GiB. */
  readonly maxBytes: number;
}

/**
 * The content of zstd or gzip data, told by its first bytes, in an ArrayBuffer of its own and of exactly its size.
 * Anything else is returned as it is. Throws ProcessorError UNPACK_FAILED for damaged data, UNPACK_LIMIT for content
 * above the bound.
 */
export function unpack(bytes: Uint8Array, limits: UnpackLimits): Uint8Array {
  const unpacked = unpackBorrowed(bytes, limits);
  if (unpacked === bytes || unpacked.buffer.byteLength === unpacked.byteLength) return unpacked;
  return new Uint8Array(unpacked);
}

/**
 * As {@link unpack}, without the copy: the result may be a view on memory that the next call on this thread overwrites.
 * For who is done with the bytes by then; they cannot be transferred.
 */
export function unpackBorrowed(bytes: Uint8Array, limits: UnpackLimits): Uint8Array {
  switch (detectCompression(bytes)) {
    case 'zstd':
      return unpackZstd(bytes, limits.maxBytes);
    case 'gzip':
      return unpackGzip(bytes, limits.maxBytes);
    case undefined:
      return bytes;
  }
}
