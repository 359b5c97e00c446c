/** Compression told by content, never by name. */

export type Compression = 'zstd' | 'gzip';

/** How many of the first bytes {@link detectCompression} looks at. */
export const COMPRESSION_MAGIC_BYTES = 4;

/** Magic number of a zstd frame as a little-endian word (RFC 8878, 3.1.1). */
export const ZSTD_MAGIC = 0xfd2fb528;

/** Whether a little-endian word is one of the 16 magic numbers of skippable frames (RFC 8878, 3.1.2). */
export function isSkippableMagic(word: number): boolean {
  return word >>> 4 === 0x184d2a5;
}

/**
 * The compression of data that begins with `bytes`, or undefined where it is none of those known here. No ledger looks
 * like either: as the first word of a LedgerCloseMeta, a batch or a frame, both magic numbers are out of range.
 */
export function detectCompression(bytes: Uint8Array): Compression | undefined {
  // ID1 and ID2 of RFC 1952, 2.3.1.
  if (bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes.length < 4) return undefined;
  const word = littleEndianWord(bytes, 0);
  return word === ZSTD_MAGIC || isSkippableMagic(word) ? 'zstd' : undefined;
}

/** The unsigned 32-bit number at `p`, known to be inside. */
export function littleEndianWord(bytes: Uint8Array, p: number): number {
  return (bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24)) >>> 0;
}
