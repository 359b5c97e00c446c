/** Any SCVal that stellar-base 15 (protocol 25 and before) can write. */
import { xdr, XdrLargeInt, type ScIntType } from '@stellar/stellar-base';
import fc from 'fast-check';

const { ScAddress, ScError, ScVal } = xdr;

const bytes = (length: number): fc.Arbitrary<Buffer> => content(length, length);
const content = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));

const ESCAPED_OR_NOT = fc.constantFrom(
  'a',
  '_',
  '0',
  ' ',
  '~',
  '"',
  "'",
  '\\',
  '/',
  '<',
  '\0',
  '\t',
  '\n',
  '\r',
  '\b',
  '\x7f',
);

/** Any bytes, UTF-8, and the characters that JSON or SEP-51 escape. */
const text = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.oneof(
    content(0, maxLength),
    fc.string({ maxLength, unit: ESCAPED_OR_NOT }).map((s) => Buffer.from(s)),
    fc
      .string({ maxLength: Math.floor(maxLength / 8), unit: 'grapheme' })
      .map((s) => Buffer.from(s).subarray(0, maxLength)),
  );

function integers(type: ScIntType, bits: bigint, isSigned = false): fc.Arbitrary<xdr.ScVal> {
  const range = isSigned
    ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }
    : { min: 0n, max: (1n << bits) - 1n };
  return fc.bigInt(range).map((value) => new XdrLargeInt(type, value).toScVal());
}

const error = fc.oneof(
  fc.nat(0xffff_ffff).map((code) => ScError.sceContract(code)),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(9))
    .map(([type, code]) => ScError.fromXDR(Buffer.from([0, 0, 0, type, 0, 0, 0, code]))),
);

const time = fc
  .tuple(fc.constantFrom('timepoint', 'duration'), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }))
  .map(([arm, value]) => {
    const time = new xdr.Uint64(value);
    return arm === 'timepoint' ? ScVal.scvTimepoint(time) : ScVal.scvDuration(time);
  });

const address = fc.oneof(
  bytes(32).map((key) => ScAddress.scAddressTypeAccount(xdr.PublicKey.publicKeyTypeEd25519(key))),
  bytes(32).map((id) => ScAddress.scAddressTypeContract(id as unknown as xdr.Hash)),
  fc
    .tuple(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), bytes(32))
    .map(([id, ed25519]) =>
      ScAddress.scAddressTypeMuxedAccount(new xdr.MuxedEd25519Account({ id: new xdr.Uint64(id), ed25519 })),
    ),
  bytes(32).map((id) => ScAddress.scAddressTypeClaimableBalance(xdr.ClaimableBalanceId.claimableBalanceIdTypeV0(id))),
  bytes(32).map((id) => ScAddress.scAddressTypeLiquidityPool(id as unknown as xdr.Hash)),
);

const executable = fc.oneof(
  bytes(32).map((hash) => xdr.ContractExecutable.contractExecutableWasm(hash)),
  fc.constant(xdr.ContractExecutable.contractExecutableStellarAsset()),
);

export const arbitraryScVal: fc.Arbitrary<xdr.ScVal> = fc.letrec<{ value: xdr.ScVal; entry: xdr.ScMapEntry }>(
  (tie) => ({
    entry: fc.tuple(tie('value'), tie('value')).map(([key, val]) => new xdr.ScMapEntry({ key, val })),
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant(ScVal.scvVoid()),
      fc.boolean().map((value) => ScVal.scvBool(value)),
      error.map((value) => ScVal.scvError(value)),
      fc.nat(0xffff_ffff).map((value) => ScVal.scvU32(value)),
      fc.integer().map((value) => ScVal.scvI32(value)),
      fc.oneof(integers('u64', 64n), integers('i64', 64n, true), time),
      fc.oneof(
        integers('u128', 128n),
        integers('i128', 128n, true),
        integers('u256', 256n),
        integers('i256', 256n, true),
      ),
      content(0, 40).map((value) => ScVal.scvBytes(value)),
      text(40).map((value) => ScVal.scvString(value)),
      text(32).map((value) => ScVal.scvSymbol(value)),
      address.map((value) => ScVal.scvAddress(value)),
      fc.constant(ScVal.scvLedgerKeyContractInstance()),
      fc
        .bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
        .map((nonce) => ScVal.scvLedgerKeyNonce(new xdr.ScNonceKey({ nonce: new xdr.Int64(nonce) }))),
      fc.option(fc.array(tie('value'), { maxLength: 4 })).map((elements) => ScVal.scvVec(elements)),
      fc.option(fc.array(tie('entry'), { maxLength: 4 })).map((entries) => ScVal.scvMap(entries)),
      fc
        .tuple(executable, fc.option(fc.array(tie('entry'), { maxLength: 3 })))
        .map(([code, storage]) => ScVal.scvContractInstance(new xdr.ScContractInstance({ executable: code, storage }))),
    ),
  }),
).value;
