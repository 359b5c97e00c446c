/** CRC-16/XMODEM (polynomial 0x1021, from 0, not reflected), the checksum of SEP-23 strkeys. */

/** What a byte followed by none adds to the checksum. */
const AFTER_0 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0);
  return crc;
});

// What a byte followed by one, two and three more bytes adds: the checksum is linear, so four bytes are one step.
const AFTER_1 = AFTER_0.map(followed);
const AFTER_2 = AFTER_1.map(followed);
const AFTER_3 = AFTER_2.map(followed);

function followed(crc: number): number {
  return (crc << 8) ^ AFTER_0[crc >>> 8]!;
}

/** The checksum of `bytes` from `start` to `end` (exclusive), going on from the checksum `crc` of what stands before. */
export function crc16(bytes: Uint8Array, start: number, end: number, crc: number): number {
  const wordsEnd = end - ((end - start) & 3);
  for (let p = start; p < wordsEnd; p += 4) {
    crc =
      AFTER_3[(crc >>> 8) ^ bytes[p]!]! ^
      AFTER_2[(crc & 0xff) ^ bytes[p + 1]!]! ^
      AFTER_1[bytes[p + 2]!]! ^
      AFTER_0[bytes[p + 3]!]!;
  }
  for (let p = wordsEnd; p < end; p += 1) crc = ((crc << 8) & 0xffff) ^ AFTER_0[(crc >>> 8) ^ bytes[p]!]!;
  return crc;
}
