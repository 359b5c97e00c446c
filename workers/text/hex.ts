/** Lower-case hex, written straight into a text column. */
import type { TextSource, TextTarget } from './text-target.js';

const DIGITS = Buffer.from('0123456789abcdef');

/** Both digits of a byte, the first one low. */
const PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => DIGITS[byte >>> 4]! | (DIGITS[byte & 15]! << 8));

const HASH_BYTES = 32;

/** Characters in the hex of a hash. */
export const HEX_HASH_LENGTH = 2 * HASH_BYTES;

/** Writes the hex of the 32 bytes of `source` at `from` into `target` at `at`, a multiple of 4. */
export function writeHexHash({ view }: TextSource, from: number, { words }: TextTarget, at: number): void {
  let word = at >> 2;
  for (let p = from; p < from + HASH_BYTES; p += 4, word += 2) {
    const bytes = view.getInt32(p);
    words[word] = PAIRS[bytes >>> 24]! | (PAIRS[(bytes >>> 16) & 0xff]! << 16);
    words[word + 1] = PAIRS[(bytes >>> 8) & 0xff]! | (PAIRS[bytes & 0xff]! << 16);
  }
}
