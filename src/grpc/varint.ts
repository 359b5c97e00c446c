/** Length-delimited protobuf fields (https://protobuf.dev/programming-guides/encoding/). */

/** Bytes that are put together only where they are written to. */
export interface ScatteredBytes {
  readonly byteLength: number;
  copyTo(target: Uint8Array, at: number): void;
}

/** Bytes of `value` as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) length += 1;
  return length;
}

/** Writes `value`, below 2^32, as a varint at `offset`; returns the offset behind it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let at = offset;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) target[at++] = (rest % 128) | 0x80;
  target[at++] = rest;
  return at;
}

/** Bytes of a field of `length` bytes whose tag takes `tagLength`. */
export function fieldLength(tagLength: number, length: number): number {
  return tagLength + varintLength(length) + length;
}

/** Writes a field: tag, length, bytes. Returns the offset behind it. */
export function writeField(
  target: Uint8Array,
  offset: number,
  tag: readonly number[],
  bytes: Uint8Array | ScatteredBytes,
): number {
  target.set(tag, offset);
  const start = writeVarint(target, offset + tag.length, bytes.byteLength);
  if (bytes instanceof Uint8Array) target.set(bytes, start);
  else bytes.copyTo(target, start);
  return start + bytes.byteLength;
}

/** A field by itself. */
export function encodeField(tag: readonly number[], bytes: Uint8Array): Buffer {
  const field = Buffer.allocUnsafe(fieldLength(tag.length, bytes.byteLength));
  writeField(field, 0, tag, bytes);
  return field;
}
