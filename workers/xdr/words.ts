/**
 * Fixed XDR shapes as 32-bit words. What the Stellar Asset Contract stores has one exact layout, so that recognising it
 * is a comparison of words and its parts stand at known offsets.
 */
import type { XdrReader } from './reader.js';

/** XDR string, symbol or opaque of ASCII text: length, then the bytes padded to a multiple of 4, as words. */
export function textWords(text: string): number[] {
  const padded = Buffer.alloc(4 + Math.ceil(text.length / 4) * 4);
  padded.writeUInt32BE(text.length);
  padded.write(text, 4, 'latin1');
  return Array.from({ length: padded.length / 4 }, (_, i) => padded.readInt32BE(4 * i));
}

/** 32-bit words as XDR bytes. */
export function wordBytes(...words: number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, i) => bytes.writeInt32BE(word, 4 * i));
  return bytes;
}

/** Whether the words at `p` are exactly `expected`. False, not an error, where the buffer ends before. */
export function hasWords(r: XdrReader, p: number, expected: Int32Array): boolean {
  if (p + 4 * expected.length > r.end) return false;
  for (let i = 0; i < expected.length; i += 1) if (r.view.getInt32(p + 4 * i) !== expected[i]) return false;
  return true;
}

/** Whether the words from `a` on and from `b` on, `bytes` bytes of each, are the same. */
export function sameWords(view: DataView, a: number, b: number, bytes: number): boolean {
  let i = 0;
  // Four words a branch.
  for (; i + 16 <= bytes; i += 16) {
    const difference =
      (view.getInt32(a + i) ^ view.getInt32(b + i)) |
      (view.getInt32(a + i + 4) ^ view.getInt32(b + i + 4)) |
      (view.getInt32(a + i + 8) ^ view.getInt32(b + i + 8)) |
      (view.getInt32(a + i + 12) ^ view.getInt32(b + i + 12));
    if (difference !== 0) return false;
  }
  for (; i < bytes; i += 4) if (view.getInt32(a + i) !== view.getInt32(b + i)) return false;
  return true;
}

/** Whether the 32 bytes at `p` and at `q` of two buffers are the same. */
export function sameHash(a: Uint8Array, p: number, b: Uint8Array, q: number): boolean {
  for (let i = 0; i < 32; i += 1) if (a[p + i] !== b[q + i]) return false;
  return true;
}
