import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { XdrLargeInt } from '@stellar/stellar-base';
import fc from 'fast-check';
import { int128ToString, readInt128, readInt256, readUint128, readUint256 } from '../../workers/text/int128.js';

/** Values of `bits` bits, with those where a word or the 53 bits of a double end. */
function integers(bits: number, isSigned: boolean): fc.Arbitrary<bigint> {
  const min = isSigned ? -(1n << BigInt(bits - 1)) : 0n;
  const max = (1n << BigInt(isSigned ? bits - 1 : bits)) - 1n;
  const edges = [31, 32, 52, 53, 63, 64, 65, 127, 128, 191, 192, 255].flatMap((bit) => {
    const power = 1n << BigInt(bit);
    return [power - 1n, power, power + 1n, -power - 1n, -power, 1n - power];
  });
  const inRange = [min, max, 0n, ...edges].filter((value) => value >= min && value <= max);
  return fc.oneof(fc.constantFrom(...inRange), fc.bigInt({ min, max }));
}

/** The XDR of the integer, which stellar-base writes into an SCVal, with something before it. */
function viewOf(type: 'i128' | 'u128' | 'i256' | 'u256', value: bigint): DataView {
  const bytes = new Uint8Array(new XdrLargeInt(type, value).toScVal().toXDR());
  return new DataView(bytes.buffer);
}
const AT = 4;

describe('integers read are those that stellar-base wrote', () => {
  const readers = [
    ['i128', readInt128],
    ['u128', readUint128],
    ['i256', readInt256],
    ['u256', readUint256],
  ] as const;
  for (const [type, read] of readers) {
    test(type, () => {
      fc.assert(
        fc.property(integers(Number(type.slice(1)), type.startsWith('i')), (value) => {
          assert.equal(read(viewOf(type, value), AT), value);
        }),
        { numRuns: 500 },
      );
    });
  }
});

test('int128ToString is decimal, exact to the last digit', () => {
  fc.assert(
    fc.property(integers(128, true), (value) => {
      assert.equal(int128ToString(viewOf('i128', value), AT), value.toString());
    }),
    { numRuns: 500 },
  );
});
