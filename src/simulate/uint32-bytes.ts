/** The bytes of 32-bit numbers: XDR's lengths, tags and small integers. */
export function uint32Bytes(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}
