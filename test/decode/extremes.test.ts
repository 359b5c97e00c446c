import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import { ProcessorError } from '../../workers/errors.js';
import { base64, checkedRows, decodedColumns, pick, requestedRows } from '../support/checked-rows.js';
import * as entries from '../support/contract-entries.js';
import {
  contractAddress,
  created,
  data,
  i128,
  id,
  INSTANCE_KEY,
  instanceValue,
  removed,
  state,
  symbol,
  u32,
  updated,
} from '../support/contract-entries.js';
import { buildLedger, ledgerOf, patched } from '../support/ledger-builder.js';

const KEYS: [string, xdr.ScVal][] = [
  ['Bool', xdr.ScVal.scvBool(true)],
  ['Void', xdr.ScVal.scvVoid()],
  ['Error', xdr.ScVal.scvError(xdr.ScError.sceContract(5))],
  ['U32', u32(2 ** 32 - 1)],
  ['I32', xdr.ScVal.scvI32(-1)],
  ['U64', xdr.ScVal.scvU64(new xdr.Uint64(2n ** 64n - 1n))],
  ['I64', xdr.ScVal.scvI64(new xdr.Int64(-1n))],
  ['Timepoint', xdr.ScVal.scvTimepoint(new xdr.Uint64(1))],
  ['Duration', xdr.ScVal.scvDuration(new xdr.Uint64(1))],
  ['U128', xdr.ScVal.scvU128(new xdr.UInt128Parts({ hi: new xdr.Uint64(1), lo: new xdr.Uint64(2) }))],
  ['I128', i128(-5n)],
  ['U256', xdr.ScVal.fromXDR(Buffer.concat([Buffer.from([0, 0, 0, 11]), id(1)]))],
  ['I256', xdr.ScVal.fromXDR(Buffer.concat([Buffer.from([0, 0, 0, 12]), id(1)]))],
  ['Bytes', xdr.ScVal.scvBytes(Buffer.from([1, 2, 3]))],
  ['String', xdr.ScVal.scvString(Buffer.from([0xff, 0, 0x80]))],
  ['Symbol', symbol('')],
  ['Vec', xdr.ScVal.scvVec([u32(1), symbol('x')])],
  ['Map', entries.mapOf([u32(1), u32(2)])],
  ['Address', xdr.ScVal.scvAddress(entries.accountAddress(id(2)))],
  ['ContractInstance', instanceValue(xdr.ContractExecutable.contractExecutableStellarAsset())],
  ['LedgerKeyContractInstance', INSTANCE_KEY],
];
for (const [type, [name, key]] of KEYS.entries()) {
  test(`a key of SCVal type ${type} is called ScValTypeScv${name}`, () => {
    assert.equal(key.switch().value, type);
    const rows = checkedRows(ledgerOf(created(data({ key }))));
    assert.deepEqual(pick(rows, 'contract_key_type', 'key_xdr'), [[`ScValTypeScv${name}`, base64(key)]]);
  });
}

// What protocol 28 adds and stellar-base 15 cannot build takes the place of a marker.
const marker = xdr.ScVal.scvBytes(Buffer.from('a value that is replaced'));
const markerBytes = marker.toXDR();

function opaque(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes, Buffer.alloc(-bytes.length & 3)]);
}
const words = (...of: number[]): Buffer => Buffer.concat(of.map((word) => Buffer.from([0, 0, word >> 8, word & 255])));

test('a key of protocol 28, an executable tag, is carried through', () => {
  const tag = Buffer.concat([words(22), opaque(Buffer.from('stable'))]);
  const ledger = patched(ledgerOf(created(data({ key: marker, val: u32(7) }))), markerBytes, tag);
  assert.deepEqual(decodedColumns(ledger, 'contract_key_type', 'key_xdr', 'val_xdr'), [
    ['ScValTypeScvExecutableTag', tag.toString('base64'), base64(u32(7))],
  ]);
});

test('an executable of protocol 28, a reference to another contract, is named and has no code hash', () => {
  const owner = contractAddress(id(9)).toXDR();
  const value = Buffer.concat([words(19, 2), owner, opaque(Buffer.from('stable')), words(0)]);
  const ledger = patched(ledgerOf(created(data({ key: INSTANCE_KEY, val: marker }))), markerBytes, value);
  const columns = ['contract_instance_type', 'contract_instance_wasm_hash', 'val_xdr', 'asset_type'];
  assert.deepEqual(decodedColumns(ledger, ...columns), [['external_ref', null, value.toString('base64'), null]]);
});

test('an arm of a protocol to come is an error with ledger, offset and type, never a mis-scan', () => {
  const later = patched(ledgerOf(created(data({ val: marker }))), markerBytes, words(23, 0));
  assert.throws(
    () => requestedRows(later, {}),
    (error: unknown) => {
      assert.ok(error instanceof ProcessorError);
      assert.equal(error.code, 'LEDGER_INVALID');
      assert.deepEqual(error.place, { ledger: 1000, offset: later.indexOf(words(23, 0)), type: 'ScVal' });
      assert.match(error.message, /1000.*ScVal.*23/);
      return true;
    },
  );
});

/** `depth` containers, one in the other: vecs of one element, or maps of one entry nested in the value. */
function nested(kind: 'vec' | 'map', depth: number): Buffer {
  const open = kind === 'vec' ? words(16, 1, 1) : words(17, 1, 1, 1);
  return Buffer.concat([...Array.from({ length: depth }, () => open), words(1)]);
}

for (const kind of ['vec', 'map'] as const) {
  test(`a key and a value of 160 nested ${kind}s, which the host allows, are read`, () => {
    const deep = nested(kind, 160);
    const ledger = patched(ledgerOf(created(data({ key: marker, val: marker }))), markerBytes, deep);
    const text = deep.toString('base64');
    assert.deepEqual(decodedColumns(ledger, 'key_xdr', 'val_xdr'), [[text, text]]);
  });

  for (const depth of [600, 100_000]) {
    test(`a value of ${depth} nested ${kind}s is a clean error, not a stack overflow`, () => {
      for (const place of [{ key: marker }, { val: marker }]) {
        const ledger = patched(ledgerOf(created(data(place))), markerBytes, nested(kind, depth));
        assert.throws(
          () => requestedRows(ledger, { columns: ['all'] }),
          (error) => error instanceof ProcessorError && error.code === 'LEDGER_INVALID' && /nested/.test(error.message),
        );
      }
    });
  }
}

test('a value of 64 KiB comes out whole', () => {
  const val = xdr.ScVal.scvBytes(Buffer.alloc(64 * 1024, 0xa5));
  const rows = checkedRows(ledgerOf(state(data()), updated(data({ val })), removed(data({ key: symbol('b') }))));
  assert.equal(rows.find((row) => row.change_type === 'updated')!.val_xdr, base64(val));
});

test('ledger numbers above 2^31 are not negative', () => {
  const rows = checkedRows(
    buildLedger({
      sequence: 2 ** 32 - 1,
      protocol: 2 ** 32 - 1,
      transactions: [{ operations: [[created(data({ modified: 2 ** 31 + 5 }))]] }],
    }),
  );
  assert.deepEqual(pick(rows, 'ledger_sequence', 'last_modified_ledger'), [[2 ** 32 - 1, 2 ** 31 + 5]]);
});

const LAST_SECOND = 8_640_000_000_000n;
const CLOSE_TIMES: [bigint, string][] = [
  [0n, '1970-01-01T00:00:00Z'],
  [2n ** 31n, '2038-01-19T03:14:08Z'],
  [2n ** 32n, '2106-02-07T06:28:16Z'],
  [LAST_SECOND, '+275760-09-13T00:00:00Z'],
];
for (const [closeTime, text] of CLOSE_TIMES) {
  test(`a close time of ${closeTime} is ${text}`, () => {
    const rows = checkedRows(buildLedger({ closeTime, transactions: [{ operations: [[created(data())]] }] }));
    assert.deepEqual(pick(rows, 'closed_at'), [[text]]);
  });
}

test('a close time that no timestamp holds is an error, not a wrong date', () => {
  for (const closeTime of [LAST_SECOND + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    assert.throws(
      () => requestedRows(buildLedger({ closeTime }), {}),
      (error) => error instanceof ProcessorError && error.code === 'LEDGER_INVALID' && error.place.ledger === 1000,
    );
  }
});
