import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import fc from 'fast-check';
import { accountId, FieldLayout, int32, int64, opaque, uint32, uint64 } from '../../src/simulate/field.js';
import { Template } from '../../src/simulate/template.js';

const layout = new FieldLayout();
const small = layout.field(1);
const wide = layout.field(2);
const id = layout.field(8);

/** A value that holds every field, some of them twice and beside each other, between words of its own. */
const value = (parts: {
  unsigned: number;
  signed: number;
  wideUnsigned: xdr.Uint64;
  wideSigned: xdr.Int64;
  bytes: Buffer;
  account: xdr.AccountId;
}): Buffer =>
  xdr.ScVal.scvVec([
    xdr.ScVal.scvU32(parts.unsigned),
    xdr.ScVal.scvI32(parts.signed),
    xdr.ScVal.scvSymbol('between'),
    xdr.ScVal.scvU64(parts.wideUnsigned),
    xdr.ScVal.scvI64(parts.wideSigned),
    xdr.ScVal.scvBytes(Buffer.concat([parts.bytes, parts.bytes.subarray(0, 12), parts.bytes])),
    xdr.ScVal.scvAddress(xdr.ScAddress.scAddressTypeAccount(parts.account)),
  ]).toXDR();

const template = new Template(
  value({
    unsigned: uint32(small),
    signed: int32(small),
    wideUnsigned: uint64(wide),
    wideSigned: int64(wide),
    bytes: opaque(id),
    account: accountId(id),
  }),
  layout.words,
);

test('a template gives the bytes that stellar-base gives for the filled-in value, at its place and nowhere else', () => {
  const bytes = fc.uint8Array({ minLength: layout.words * 4, maxLength: layout.words * 4 });
  fc.assert(
    fc.property(bytes, fc.nat(3), (filled, at) => {
      const bank = Buffer.from(filled);
      const expected = value({
        unsigned: bank.readUInt32BE(0),
        signed: bank.readInt32BE(0),
        wideUnsigned: new xdr.Uint64(bank.readBigUInt64BE(4)),
        wideSigned: new xdr.Int64(bank.readBigInt64BE(4)),
        bytes: bank.subarray(12),
        account: xdr.PublicKey.publicKeyTypeEd25519(bank.subarray(12)),
      });
      const target = new Uint32Array(template.words + 8).fill(0xabababab);
      const end = template.write(target, at, new Uint32Array(Uint8Array.from(bank).buffer));
      assert.equal(end, at + template.words);
      const written = Buffer.from(target.buffer);
      assert.deepEqual(written.subarray(at * 4, end * 4), expected);
      assert.ok(written.subarray(0, at * 4).every((byte) => byte === 0xab));
      assert.ok(written.subarray(end * 4).every((byte) => byte === 0xab));
    }),
  );
});
