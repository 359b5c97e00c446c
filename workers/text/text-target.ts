/**
 * Text is written four characters at a time: one 32-bit store instead of four of a byte. So every writer of hex, strkeys
 * and base64 starts at a multiple of 4, which a column of only such text always does.
 */

/** Bytes that are read: two views of the same memory. */
export interface TextSource {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** Memory that text is written into: two views of it, in the machine's order of bytes, which Arrow wants little-endian. */
export interface TextTarget {
  readonly data: Buffer;
  readonly words: Int32Array;
}
