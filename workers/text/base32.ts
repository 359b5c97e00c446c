/** Base32 (RFC 4648 section 6) in whole groups: 5 bytes are 8 characters. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Both characters of 10 bits, the first one low. */
const PAIRS = Uint16Array.from(
  { length: 1024 },
  (_, bits) => ALPHABET.charCodeAt(bits >>> 5) | (ALPHABET.charCodeAt(bits & 31) << 8),
);

/** The five bits of each character code, -1 for what is not in the alphabet (lower case is not). */
const BITS = new Int8Array(128).fill(-1);
for (let bits = 0; bits < ALPHABET.length; bits += 1) BITS[ALPHABET.charCodeAt(bits)] = bits;

/** Writes the 8 characters of one group as two words of `target`, from index `word` on. */
export function writeBase32Group(
  target: Int32Array,
  word: number,
  byte0: number,
  byte1: number,
  byte2: number,
  byte3: number,
  byte4: number,
): void {
  const pair0 = (byte0 << 2) | (byte1 >>> 6);
  const pair1 = ((byte1 & 0x3f) << 4) | (byte2 >>> 4);
  const pair2 = ((byte2 & 0x0f) << 6) | (byte3 >>> 2);
  const pair3 = ((byte3 & 0x03) << 8) | byte4;
  target[word] = PAIRS[pair0]! | (PAIRS[pair1]! << 16);
  target[word + 1] = PAIRS[pair2]! | (PAIRS[pair3]! << 16);
}

/** The bytes of `text`, whose length is a multiple of 8; undefined where a character is not of the alphabet. */
export function parseBase32(text: string): Buffer | undefined {
  const bytes = Buffer.allocUnsafe((text.length / 8) * 5);
  let length = 0;
  let pending = 0;
  let pendingBits = 0;
  for (let i = 0; i < text.length; i += 1) {
    const bits = BITS[text.charCodeAt(i)] ?? -1;
    if (bits < 0) return undefined;
    pending = ((pending << 5) | bits) & 0xfff;
    pendingBits += 5;
    if (pendingBits < 8) continue;
    pendingBits -= 8;
    bytes[length] = pending >>> pendingBits;
    length += 1;
  }
  return bytes;
}
