import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import fc from 'fast-check';
import { scValJson } from '../../workers/text/sc-val-json.js';
import { MAX_NESTING, XdrError, XdrReader } from '../../workers/xdr/reader.js';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { arbitraryScVal } from './arbitrary-sc-val.js';
import { referenceScValJson } from './reference-json.js';

const { ScVal } = xdr;

const json = (bytes: Buffer, start = 0): string => scValJson(new XdrReader(bytes), start);

/** XDR of numbers, each a 32-bit word, and of bytes as they are. */
const words = (...parts: (number | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from(Uint32Array.of(part).buffer).swap32() : part)),
  );

describe('scValJson prints what the reference implementation prints', () => {
  test('of any value, wherever it stands in the buffer', () => {
    fc.assert(
      fc.property(arbitraryScVal, fc.nat(3), (value, wordsBefore) => {
        const bytes = value.toXDR();
        const expected = referenceScValJson(bytes);
        assert.notEqual(expected, undefined);
        const placed = Buffer.concat([Buffer.alloc(4 * wordsBefore, 0xee), bytes, Buffer.alloc(8, 0xee)]);
        assert.equal(json(placed, 4 * wordsBefore), expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('of each byte in a string', () => {
    const value = ScVal.scvString(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))).toXDR();
    assert.equal(json(value), referenceScValJson(value));
  });

  test('of each error', () => {
    for (let type = 0; type < 10; type += 1) {
      for (let code = 0; code < 10; code += 1) {
        const value = words(2, type, code);
        assert.notEqual(referenceScValJson(value), undefined);
        assert.equal(json(value), referenceScValJson(value));
      }
    }
  });

  test('of a value a hundred vecs deep', () => {
    const value = nested(100, ScVal.scvVoid()).toXDR();
    assert.notEqual(referenceScValJson(value), undefined);
    assert.equal(json(value), referenceScValJson(value));
  });

  test('of the keys and values in real ledgers', { skip: skipWithoutCorpus }, () => {
    const values = new Set<string>();
    for (const ledger of corpusLedgers()) {
      for (const line of readCorpus(`${ledger.name}.jsonl`).toString().split('\n').filter(Boolean)) {
        const row = JSON.parse(line) as { key_xdr: string; val_xdr: string | null };
        values.add(row.key_xdr);
        if (row.val_xdr !== null) values.add(row.val_xdr);
      }
    }
    assert.ok(values.size > 0);
    for (const base64 of values) {
      const bytes = Buffer.from(base64, 'base64');
      assert.equal(json(bytes), referenceScValJson(bytes));
    }
  });
});

/** What the reference's 30.0 prints; its WebAssembly build knows protocols up to 27. */
describe('scValJson prints the arms of protocol 28 (CAP-85)', () => {
  const id = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  const CONTRACT = 'CAAACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB6N4O';
  const ACCOUNT = 'GAAACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB7JZX';
  const cases: readonly (readonly [string, Buffer, string])[] = [
    ['executable tag', words(22, 4, Buffer.from('abcd')), '{"executable_tag":"abcd"}'],
    ['empty executable tag', words(22, 0), '{"executable_tag":""}'],
    [
      'executable tag with bytes to escape',
      words(22, 8, Buffer.from([0, 0xff, 9, 0x5c, 0x22, 0xc3, 0xa9, 0x41])),
      '{"executable_tag":"\\\\0\\\\xff\\\\t\\\\\\\\\\"\\\\xc3\\\\xa9A"}',
    ],
    [
      'external reference, owner a contract',
      words(19, 2, 1, id, 4, Buffer.from('v1.0'), 0),
      `{"contract_instance":{"executable":{"external_ref":{"executable_owner":"${CONTRACT}","tag":"v1.0"}},"storage":null}}`,
    ],
    [
      'external reference, owner an account',
      words(19, 2, 0, 0, id, 4, Buffer.from([0, 255, 10, 65]), 1, 0),
      `{"contract_instance":{"executable":{"external_ref":{"executable_owner":"${ACCOUNT}","tag":"\\\\0\\\\xff\\\\nA"}},"storage":[]}}`,
    ],
    [
      'external reference, storage behind it',
      words(19, 2, 1, id, 4, Buffer.from('v1.0'), 1, 1, 22, 4, Buffer.from('next'), 13, 4, Buffer.from([1, 2, 3, 4])),
      `{"contract_instance":{"executable":{"external_ref":{"executable_owner":"${CONTRACT}","tag":"v1.0"}},"storage":[{"key":{"executable_tag":"next"},"val":{"bytes":"01020304"}}]}}`,
    ],
  ];
  for (const [name, bytes, expected] of cases) test(name, () => assert.equal(json(bytes), expected));
});

describe('scValJson is bounded', () => {
  test('it follows the nesting that the scan allows, and no more', () => {
    const text = (levels: number): string => `${'{"vec":['.repeat(levels)}"void"${']}'.repeat(levels)}`;
    const deepest = MAX_NESTING - 1;
    assert.equal(json(nestedBytes(deepest)), text(deepest));
    assert.throws(() => json(nestedBytes(deepest + 1)), XdrError);
    assert.throws(() => json(nestedBytes(100_000)), XdrError);
  });

  test('a damaged value gives what the reference gives, an error, or a text in proportion to the buffer', () => {
    fc.assert(
      fc.property(arbitraryScVal, fc.nat(), fc.nat(255), (value, at, byte) => {
        const bytes = value.toXDR();
        bytes[at % bytes.length] = byte;
        const expected = referenceScValJson(bytes);
        let text: string;
        try {
          text = json(bytes);
        } catch (error) {
          assert.ok(error instanceof XdrError || error instanceof RangeError, String(error));
          // The reference reads a boolean (RFC 4506: 0 or 1) of any other number as false.
          if (!error.message.includes('boolean expected')) assert.equal(expected, undefined);
          return;
        }
        if (expected !== undefined) assert.equal(text, expected);
        // The densest is a map of "ledger_key_contract_instance" to the same: 78 characters from 8 bytes.
        assert.ok(text.length <= 10 * bytes.length + 64);
      }),
      { numRuns: 2000 },
    );
  });

  test('an unknown arm, or a count or length beyond the buffer, is an error at once', () => {
    for (const bytes of [
      words(23),
      words(-1),
      words(2, 10, 0),
      words(2, 1, 10),
      words(18, 5, 0),
      words(19, 3, 0),
      words(16, 1, 0xffff_ffff),
      words(17, 1, 0xffff_ffff),
      words(14, 0xffff_ffff),
      words(13, 0xffff_fffc),
    ]) {
      assert.throws(() => json(bytes), XdrError, bytes.toString('hex'));
    }
  });
});

function nested(levels: number, inner: xdr.ScVal): xdr.ScVal {
  return levels === 0 ? inner : nested(levels - 1, ScVal.scvVec([inner]));
}

/** `levels` vecs of one element around a void, deeper than stellar-base can write. */
function nestedBytes(levels: number): Buffer {
  return Buffer.concat([...Array.from({ length: levels }, () => words(16, 1, 1)), words(1)]);
}
