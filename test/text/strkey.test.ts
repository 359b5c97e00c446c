import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StrKey } from '@stellar/stellar-base';
import fc from 'fast-check';
import * as strkey from '../../workers/text/strkey.js';

const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));

/** A value of `length` bytes with something before and behind it, and where it starts. */
const placed = (length: number): fc.Arbitrary<{ value: Buffer; source: Buffer; at: number }> =>
  fc.tuple(fc.nat(9), bytes(length)).map(([at, value]) => ({
    value,
    source: Buffer.concat([Buffer.alloc(at, 0xa5), value, Buffer.alloc(3, 0x5a)]),
    at,
  }));

describe('strkeys of 32 bytes are those of stellar-base', () => {
  const kinds = [
    ['C', strkey.contractStrKey, (value: Buffer) => StrKey.encodeContract(value)],
    ['G', strkey.accountStrKey, (value: Buffer) => StrKey.encodeEd25519PublicKey(value)],
    ['L', strkey.liquidityPoolStrKey, (value: Buffer) => StrKey.encodeLiquidityPool(value)],
  ] as const;
  for (const [letter, ours, oracle] of kinds) {
    test(`${letter}…`, () => {
      fc.assert(
        fc.property(placed(32), ({ value, source, at }) => {
          assert.equal(ours(source, at), oracle(value));
        }),
      );
    });
  }

  test('C… written into a column, and nothing beside it', () => {
    fc.assert(
      fc.property(placed(32), fc.nat(5), ({ value, source, at }, word) => {
        const data = Buffer.alloc(4 * word + 56 + 4, '.');
        const words = new Int32Array(data.buffer, data.byteOffset, data.length / 4);
        strkey.writeContractStrKey(source, at, { data, words }, 4 * word);
        assert.equal(data.toString('latin1'), `${'....'.repeat(word)}${StrKey.encodeContract(value)}....`);
      }),
    );
  });
});

describe('strkeys of other lengths are those of stellar-base', () => {
  test('M…: XDR has the id first, the strkey has it last', () => {
    fc.assert(
      fc.property(placed(40), ({ value, source, at }) => {
        const keyThenId = Buffer.concat([value.subarray(8), value.subarray(0, 8)]);
        assert.equal(strkey.muxedAccountStrKey(source, at), StrKey.encodeMed25519PublicKey(keyThenId));
      }),
    );
  });

  test('B…: of the four bytes of the type the strkey has one', () => {
    fc.assert(
      fc.property(bytes(32), (hash) => {
        const xdrBytes = Buffer.concat([Buffer.alloc(4), hash]);
        const payload = Buffer.concat([Buffer.alloc(1), hash]);
        assert.equal(strkey.claimableBalanceStrKey(xdrBytes, 0), StrKey.encodeClaimableBalance(payload));
      }),
    );
  });
});

describe('parsing', () => {
  test('gives back what stellar-base encoded', () => {
    fc.assert(
      fc.property(bytes(32), (value) => {
        assert.deepEqual(strkey.parseContractStrKey(StrKey.encodeContract(value)), value);
        assert.deepEqual(strkey.parseAccountStrKey(StrKey.encodeEd25519PublicKey(value)), value);
      }),
    );
  });

  test('refuses another kind', () => {
    fc.assert(
      fc.property(bytes(32), (value) => {
        assert.equal(strkey.parseContractStrKey(StrKey.encodeEd25519PublicKey(value)), undefined);
        assert.equal(strkey.parseAccountStrKey(StrKey.encodeContract(value)), undefined);
        assert.equal(strkey.parseAccountStrKey(StrKey.encodeEd25519SecretSeed(value)), undefined);
      }),
    );
  });

  test('accepts a changed text only where stellar-base does', () => {
    const character = fc.constantFrom(...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567acgz0189= \0éŁ'));
    fc.assert(
      fc.property(bytes(32), fc.nat(55), character, (value, at, replacement) => {
        const change = (text: string): string => text.slice(0, at) + replacement + text.slice(at + 1);
        const contract = change(StrKey.encodeContract(value));
        const account = change(StrKey.encodeEd25519PublicKey(value));
        assert.equal(strkey.parseContractStrKey(contract) !== undefined, StrKey.isValidContract(contract));
        assert.equal(strkey.parseAccountStrKey(account) !== undefined, StrKey.isValidEd25519PublicKey(account));
      }),
      { numRuns: 1000 },
    );
  });

  test('refuses what is longer, shorter, padded, in lower case or no strkey at all', () => {
    const text = StrKey.encodeContract(Buffer.alloc(32, 7));
    const muxed = StrKey.encodeMed25519PublicKey(Buffer.alloc(40, 7));
    for (const wrong of [
      `${text}A`,
      text.slice(0, -1),
      ` ${text}`,
      `${text}\n`,
      `${text}====`,
      text.toLowerCase(),
      muxed,
      '',
    ]) {
      assert.equal(strkey.parseContractStrKey(wrong), undefined, JSON.stringify(wrong));
    }
  });
});
