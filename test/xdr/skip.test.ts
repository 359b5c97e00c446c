import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import fc from 'fast-check';
import { XdrError, XdrReader } from '../../workers/xdr/reader.js';
import * as generated from '../../workers/xdr/skip.generated.js';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { arbitraryXdr, damaged } from './arbitrary-xdr.js';
import { encode, singleChoices, singleFaults } from './encode-from-tape.js';
import { oracleType, oracleTypesIn } from './oracle-types.js';
import { decoded, skipFunctions, skipped } from './verdicts.js';

const isLong = process.env.TEST_LONG === '1';

/** A fixed sample, or with TEST_LONG another and 25 times larger one each time. */
const runs = (count: number): { numRuns: number; seed?: number } =>
  isLong ? { numRuns: 25 * count } : { numRuns: count, seed: 1 };

/** Types newer than stellar-base 15. The arms that lead to them are in {@link NOT_IN_ORACLE}. */
/** Passed over inside skipScVal, which is written by hand. */
const PARTS_OF_SC_VAL = ['ScMapEntry', 'ScContractInstance'];

const NEWER_TYPES = [
  'ContractExecutableExternalRef',
  'SorobanAddressCredentialsWithDelegates',
  'SorobanDelegateSignature',
  'StellarValueProposedValue',
];

/** Why stellar-base may refuse bytes that are right: arms newer than it, and its own limit of depth. */
const NOT_IN_ORACLE = [
  /unknown ScValType member for value 22$/,
  /unknown ContractExecutableType member for value 2$/,
  /unknown SorobanCredentialsType member for value [23]$/,
  /unknown StellarValueType member for value 2$/,
  // js-xdr counts every struct, union, array and option; 200 of them are about 66 nested SCVals.
  /exceeded max decoding depth$/,
];

function assertAgreement(name: string, bytes: Buffer): void {
  const refusal = decoded(name, bytes);
  if (refusal !== undefined && NOT_IN_ORACLE.some((reason) => reason.test(refusal))) return;
  const ours = skipped(skipFunctions.get(name)!, bytes);
  if ((ours === undefined) !== (refusal === undefined)) {
    assert.fail(
      `${name}: we say ${ours ?? 'valid'}, stellar-base says ${refusal ?? 'valid'}: ${bytes.toString('hex')}`,
    );
  }
}

describe('skip functions on real ledgers', { skip: skipWithoutCorpus }, () => {
  const ledgers = corpusLedgers();

  test('pass every ledger of the corpus to exactly its last byte', () => {
    assert.ok(ledgers.length > 0);
    for (const { name } of ledgers) {
      assert.equal(skipped(generated.skipLedgerCloseMeta, readCorpus(`${name}.xdr`)), undefined, name);
    }
  });

  test('pass a LedgerCloseMetaBatch, an object of a data lake, to exactly its last byte', () => {
    assert.equal(skipped(generated.skipLedgerCloseMetaBatch, readCorpus('lake-53312000.xdr')), undefined);
  });

  test('refuse a ledger that is cut short at any word', () => {
    const bytes = readCorpus('p20-v1-5-ca97b0.xdr');
    for (let length = 0; length < bytes.length; length += 4) {
      assert.notEqual(skipped(generated.skipLedgerCloseMeta, bytes.subarray(0, length)), undefined, String(length));
    }
  });

  test('refuse a damaged ledger if and only if stellar-base does', () => {
    const small = ledgers
      .filter((ledger) => ledger.stellar_base_15_decodes && ledger.bytes < 12_000)
      .map(({ name }) => readCorpus(`${name}.xdr`));
    assert.ok(small.length > 0);
    const property = fc.property(damaged(fc.constantFrom(...small)), (bytes) => {
      assertAgreement('LedgerCloseMeta', bytes);
    });
    fc.assert(property, runs(5000));
  });
});

describe('skip functions on values that stellar-base describes', () => {
  test('exist for every struct and union in a LedgerCloseMetaBatch, and for no others but newer ones', () => {
    const names = [...skipFunctions.keys()];
    const known = new Set([...names, ...PARTS_OF_SC_VAL].map(oracleType));
    const missing = [...oracleTypesIn(oracleType('LedgerCloseMetaBatch')!)].filter((type) => !known.has(type));
    assert.deepEqual(missing, []);
    assert.deepEqual(
      names.filter((name) => oracleType(name) === undefined),
      NEWER_TYPES,
    );
  });

  for (const name of skipFunctions.keys()) {
    const type = oracleType(name);
    if (type === undefined) continue;

    const skip = skipFunctions.get(name)!;

    test(`${name}: whole values are passed to exactly their last byte`, () => {
      const assertPassed = (bytes: Buffer): void => {
        assert.equal(decoded(name, bytes), undefined);
        assert.equal(skipped(skip, bytes), undefined, bytes.toString('hex'));
      };
      for (const tape of singleChoices(type)) assertPassed(encode(type, tape));
      fc.assert(fc.property(arbitraryXdr(type), assertPassed), runs(30));
    });

    test(`${name}: values with one broken rule are refused`, () => {
      for (const tape of singleChoices(type)) {
        for (const bytes of singleFaults(type, tape)) {
          assert.notEqual(decoded(name, bytes), undefined);
          assertAgreement(name, bytes);
        }
      }
    });

    test(`${name}: damaged values are refused if and only if stellar-base refuses them`, () => {
      const property = fc.property(damaged(arbitraryXdr(type)), (bytes) => assertAgreement(name, bytes));
      fc.assert(property, runs(100));
    });
  }
});

const word = (value: number): Buffer => Buffer.from([0, 0, 0, value]);
const contract = xdr.ScAddress.scAddressTypeContract(Buffer.alloc(32, 7) as unknown as xdr.Hash);

describe('newer arms than stellar-base 15 knows', () => {
  const tag = Buffer.from('\0\0\0\u0003tag\0');
  const voidValue = xdr.ScVal.scvVoid().toXDR();
  const credentials = Buffer.concat([contract.toXDR(), Buffer.alloc(12), voidValue]);
  const delegate = (...nested: Buffer[]): Buffer =>
    Buffer.concat([contract.toXDR(), voidValue, word(nested.length), ...nested]);
  const valueSignature = new xdr.LedgerCloseValueSignature({
    nodeId: xdr.PublicKey.publicKeyTypeEd25519(Buffer.alloc(32)),
    signature: Buffer.alloc(64),
  }).toXDR();

  // As Stellar-contract.x, Stellar-transaction.x and Stellar-ledger.x have them in protocols 27 and 28.
  const values: [what: string, name: string, bytes: Buffer][] = [
    ['SCVal 22, an executable tag', 'ScVal', Buffer.concat([word(22), tag])],
    ['executable 2, an external reference', 'ContractExecutable', Buffer.concat([word(2), contract.toXDR(), tag])],
    ['credentials 2, an address', 'SorobanCredentials', Buffer.concat([word(2), credentials])],
    [
      'credentials 3, an address with delegates',
      'SorobanCredentials',
      Buffer.concat([word(3), credentials, word(2), delegate(), delegate(delegate(), delegate())]),
    ],
    [
      'value extension 2, an empty transaction set',
      'StellarValueExt',
      Buffer.concat([word(2), Buffer.alloc(68), valueSignature]),
    ],
  ];
  for (const [what, name, bytes] of values) {
    test(`${what}, is passed whole and refused when cut short`, () => {
      assert.equal(skipped(skipFunctions.get(name)!, bytes), undefined);
      for (let length = 0; length < bytes.length; length += 1) {
        assert.match(skipped(skipFunctions.get(name)!, bytes.subarray(0, length))!, /truncated|above the limit/);
      }
    });
  }

  test('the arm after the last known one is refused by name and offset', () => {
    for (const [name, arm] of [
      ['ScVal', 23],
      ['ContractExecutable', 3],
      ['SorobanCredentials', 4],
      ['StellarValueExt', 3],
    ] as const) {
      assert.throws(
        () => skipFunctions.get(name)!(new XdrReader(Buffer.concat([word(arm), Buffer.alloc(400)])), 0),
        (error) => error instanceof XdrError && error.type === name && error.offset === 0,
      );
    }
  });
});

describe('an XdrError names the type and the offset of the offending word', () => {
  const ledgerKey = xdr.LedgerKey.contractData(
    new xdr.LedgerKeyContractData({
      contract,
      key: xdr.ScVal.scvVec([xdr.ScVal.scvSymbol('Balance'), xdr.ScVal.scvBool(true)]),
      durability: xdr.ContractDataDurability.persistent(),
    }),
  ).toXDR();
  // type 0, address type 4, contract 8, SCVal type 40, option 44, count 48, symbol 52: length 56, text 60, padding 67,
  // bool 68: value 72, durability 76.
  const cases: [what: string, offset: number, value: number, type: string, message: RegExp][] = [
    ['an unknown arm', 0, 99, 'LedgerKey', /unknown arm 99/],
    ['a negative arm', 4, -1, 'ScAddress', /unknown arm -1/],
    ['an optional flag of 2', 44, 2, 'ScVal.scvVec', /boolean expected, 2 found/],
    ['a count beyond the end', 48, 0x7fffffff, 'ScVal.scvVec', /length 2147483647 is above the limit of 7/],
    ['a length above the limit', 56, 33, 'ScVal.scvSymbol', /length 33 is above the limit of 32/],
    ['a boolean of 256', 72, 256, 'ScVal.scvBool', /boolean expected, 256 found/],
    ['an unknown enum member', 76, 2, 'ContractDataDurability', /unknown arm 2/],
  ];
  for (const [what, offset, value, type, message] of cases) {
    test(what, () => {
      const bytes = Buffer.from(ledgerKey);
      bytes.writeInt32BE(value, offset);
      assert.throws(() => generated.skipLedgerKey(new XdrReader(bytes), 0), {
        name: 'XdrError',
        type,
        offset,
        message,
      });
    });
  }

  test('padding that is not zero', () => {
    const bytes = Buffer.from(ledgerKey);
    bytes[67] = 1;
    const expected = { name: 'XdrError', type: 'ScVal.scvSymbol', offset: 67, message: /padding/ };
    assert.throws(() => generated.skipLedgerKey(new XdrReader(bytes), 0), expected);
  });

  test('a missing last word', () => {
    const reader = new XdrReader(ledgerKey.subarray(0, 76));
    const expected = { name: 'XdrError', offset: 76, message: /truncated: 4 bytes expected, 0 left/ };
    assert.throws(() => generated.skipLedgerKey(reader, 0), expected);
  });

  test('offsets count from the start of the reader, also where the value stands further on', () => {
    const bytes = Buffer.concat([Buffer.alloc(20), ledgerKey]);
    assert.equal(generated.skipLedgerKey(new XdrReader(bytes), 20), bytes.length);
    bytes.writeInt32BE(99, 20);
    assert.throws(() => generated.skipLedgerKey(new XdrReader(bytes), 20), { type: 'LedgerKey', offset: 20 });
  });
});
