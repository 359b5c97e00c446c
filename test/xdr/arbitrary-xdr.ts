/** Arbitrary XDR bytes for fast-check, and damage to them. */
import fc from 'fast-check';
import { encode } from './encode-from-tape.js';
import type { JsXdrType } from './oracle-types.js';

/** Encodings of `type`. */
export function arbitraryXdr(type: JsXdrType): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength: 200 }).map((tape) => encode(type, tape));
}

/** One thing done to bytes, in place where their length stays. */
type Damage = (bytes: Buffer) => Buffer;

const overwriteWord =
  (at: number, value: number): Damage =>
  (bytes) => {
    if (bytes.length >= 4) bytes.writeInt32BE(value, 4 * (at % Math.floor(bytes.length / 4)));
    return bytes;
  };

const flipBits =
  (at: number, mask: number): Damage =>
  (bytes) => {
    if (bytes.length > 0) bytes[at % bytes.length]! ^= mask;
    return bytes;
  };

const cutEnd =
  (at: number): Damage =>
  (bytes) =>
    bytes.subarray(0, at % (bytes.length + 1));

const lengthen =
  (length: number): Damage =>
  (bytes) =>
    Buffer.concat([bytes, Buffer.alloc(length)]);

/** Small numbers are other arms, flags and counts; the rest is lengths beyond every limit. */
const word = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -3, max: 30 }) }, fc.integer());

const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(), word).map(([at, value]) => overwriteWord(at, value)) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => flipBits(at, mask)),
  },
  { weight: 1, arbitrary: fc.nat().map(cutEnd) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 8 }).map(lengthen) },
);

/** Copies of the given bytes with one to three damages. */
export function damaged(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(bytes, fc.array(damage, { minLength: 1, maxLength: 3 }))
    .map(([original, damages]) => damages.reduce<Buffer>((copy, apply) => apply(copy), Buffer.from(original)));
}
