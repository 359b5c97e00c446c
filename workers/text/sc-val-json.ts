/**
 * SCVal (Stellar-contract.x) as SEP-51 JSON, byte for byte as the reference implementation (stellar-xdr) prints it: a
 * union is `{"<arm>": <value>}`, or `"<arm>"` where the arm is void; integers above 32 bits are strings; opaque data is
 * hex; addresses are strkeys; an absent optional is null.
 */
import { arrayCount, MAX_NESTING, readFlag, skipOpaque, tooDeep, unknownArm, type XdrReader } from '../xdr/reader.js';
import { escapedText } from './escaped-text.js';
import { readInt128, readInt256, readUint128, readUint256 } from './int128.js';
import {
  accountStrKey,
  claimableBalanceStrKey,
  contractStrKey,
  liquidityPoolStrKey,
  muxedAccountStrKey,
} from './strkey.js';

/** SCErrorType and SCErrorCode members, in order of their values. */
const ERROR_TYPES = [
  'contract',
  'wasm_vm',
  'context',
  'storage',
  'object',
  'crypto',
  'events',
  'budget',
  'value',
  'auth',
];
const ERROR_CODES = [
  'arith_domain',
  'index_bounds',
  'invalid_input',
  'missing_value',
  'existing_value',
  'exceeded_limit',
  'invalid_action',
  'internal_error',
  'unexpected_type',
  'unexpected_size',
];

/** Where the next read is. */
interface Cursor {
  readonly r: XdrReader;
  p: number;
}

/**
 * The SCVal at `start` of `r` as SEP-51 JSON. The value is taken as already scanned: one that is not valid XDR gives an
 * error or a text of no meaning, but never one longer than the buffer accounts for.
 */
export function scValJson(r: XdrReader, start: number): string {
  return value({ r, p: start }, 0);
}

function value(c: Cursor, depth: number): string {
  if (depth >= MAX_NESTING) tooDeep('ScVal', c.p);
  const { view } = c.r;
  const at = pass(c, 4);
  const arm = view.getInt32(at);
  switch (arm) {
    case 0: // SCV_BOOL
      return `{"bool":${flag(c)}}`;
    case 1: // SCV_VOID
      return '"void"';
    case 2: // SCV_ERROR
      return `{"error":${error(c)}}`;
    case 3: // SCV_U32
      return `{"u32":${view.getUint32(pass(c, 4))}}`;
    case 4: // SCV_I32
      return `{"i32":${view.getInt32(pass(c, 4))}}`;
    case 5: // SCV_U64
      return `{"u64":"${view.getBigUint64(pass(c, 8))}"}`;
    case 6: // SCV_I64
      return `{"i64":"${view.getBigInt64(pass(c, 8))}"}`;
    case 7: // SCV_TIMEPOINT
      return `{"timepoint":"${view.getBigUint64(pass(c, 8))}"}`;
    case 8: // SCV_DURATION
      return `{"duration":"${view.getBigUint64(pass(c, 8))}"}`;
    case 9: // SCV_U128
      return `{"u128":"${readUint128(view, pass(c, 16))}"}`;
    case 10: // SCV_I128
      return `{"i128":"${readInt128(view, pass(c, 16))}"}`;
    case 11: // SCV_U256
      return `{"u256":"${readUint256(view, pass(c, 32))}"}`;
    case 12: // SCV_I256
      return `{"i256":"${readInt256(view, pass(c, 32))}"}`;
    case 13: // SCV_BYTES
      return `{"bytes":"${hex(c)}"}`;
    case 14: // SCV_STRING
      return `{"string":"${text(c)}"}`;
    case 15: // SCV_SYMBOL
      return `{"symbol":"${text(c)}"}`;
    case 16: // SCV_VEC
      return `{"vec":${vec(c, depth)}}`;
    case 17: // SCV_MAP
      return `{"map":${map(c, depth)}}`;
    case 18: // SCV_ADDRESS
      return `{"address":"${address(c)}"}`;
    case 19: // SCV_CONTRACT_INSTANCE
      return `{"contract_instance":{"executable":${executable(c)},"storage":${map(c, depth)}}}`;
    case 20: // SCV_LEDGER_KEY_CONTRACT_INSTANCE
      return '"ledger_key_contract_instance"';
    case 21: // SCV_LEDGER_KEY_NONCE
      return `{"ledger_key_nonce":{"nonce":"${view.getBigInt64(pass(c, 8))}"}}`;
    case 22: // SCV_EXECUTABLE_TAG (CAP-85)
      return `{"executable_tag":"${text(c)}"}`;
    default:
      return unknownArm('ScVal', at, arm);
  }
}

/** SCVec*: the optional array of a vec. */
function vec(c: Cursor, depth: number): string {
  if (!flag(c)) return 'null';
  const count = arrayCount(c.r, c.p, 'ScVec', 4);
  c.p += 4;
  let elements = '';
  for (let i = 0; i < count; i += 1) elements += (i > 0 ? ',' : '') + value(c, depth + 1);
  return `[${elements}]`;
}

/** SCMap*: the optional entries of a map, or the storage of a contract instance. */
function map(c: Cursor, depth: number): string {
  if (!flag(c)) return 'null';
  const count = arrayCount(c.r, c.p, 'ScMap', 8);
  c.p += 4;
  let entries = '';
  for (let i = 0; i < count; i += 1) {
    const key = value(c, depth + 1);
    const val = value(c, depth + 1);
    entries += `${i > 0 ? ',' : ''}{"key":${key},"val":${val}}`;
  }
  return `[${entries}]`;
}

/** SCError: a contract's own number, or one of the host's codes. */
function error(c: Cursor): string {
  const type = member(c, 'ScErrorType', ERROR_TYPES);
  if (type === 'contract') return `{"contract":${c.r.view.getUint32(pass(c, 4))}}`;
  return `{"${type}":"${member(c, 'ScErrorCode', ERROR_CODES)}"}`;
}

/** ContractExecutable; `external_ref` is of CAP-85. */
function executable(c: Cursor): string {
  const at = pass(c, 4);
  const arm = c.r.view.getInt32(at);
  switch (arm) {
    case 0: {
      // CONTRACT_EXECUTABLE_WASM
      const hash = pass(c, 32);
      return `{"wasm":"${c.r.bytes.toString('hex', hash, c.p)}"}`;
    }
    case 1: // CONTRACT_EXECUTABLE_STELLAR_ASSET
      return '"stellar_asset"';
    case 2: // CONTRACT_EXECUTABLE_EXTERNAL_REF
      return `{"external_ref":{"executable_owner":"${address(c)}","tag":"${text(c)}"}}`;
    default:
      return unknownArm('ContractExecutable', at, arm);
  }
}

/** SCAddress as strkey. */
function address(c: Cursor): string {
  const { bytes, view } = c.r;
  const at = pass(c, 4);
  const arm = view.getInt32(at);
  switch (arm) {
    case 0: // SC_ADDRESS_TYPE_ACCOUNT: PublicKey, whose only type is ed25519
      return accountStrKey(bytes, pass(c, 36) + 4);
    case 1: // SC_ADDRESS_TYPE_CONTRACT
      return contractStrKey(bytes, pass(c, 32));
    case 2: // SC_ADDRESS_TYPE_MUXED_ACCOUNT
      return muxedAccountStrKey(bytes, pass(c, 40));
    case 3: // SC_ADDRESS_TYPE_CLAIMABLE_BALANCE
      return claimableBalanceStrKey(bytes, pass(c, 36));
    case 4: // SC_ADDRESS_TYPE_LIQUIDITY_POOL
      return liquidityPoolStrKey(bytes, pass(c, 32));
    default:
      return unknownArm('ScAddress', at, arm);
  }
}

function hex(c: Cursor): string {
  const start = c.p + 4;
  const end = opaqueEnd(c);
  return c.r.bytes.toString('hex', start, end);
}

function text(c: Cursor): string {
  const start = c.p + 4;
  const end = opaqueEnd(c);
  return escapedText(c.r.bytes, start, end);
}

/** Passes variable-length opaque data or a string; returns where its bytes end, before the padding. */
function opaqueEnd(c: Cursor): number {
  const at = c.p;
  c.p = skipOpaque(c.r, at, 'ScVal');
  return at + 4 + c.r.view.getUint32(at);
}

function flag(c: Cursor): boolean {
  return readFlag(c.r, pass(c, 4), 'ScVal');
}

function member(c: Cursor, type: string, names: readonly string[]): string {
  const at = pass(c, 4);
  const number = c.r.view.getInt32(at);
  return names[number] ?? unknownArm(type, at, number);
}

/** Moves behind `bytes` bytes and returns where they start. */
function pass(c: Cursor, bytes: number): number {
  const at = c.p;
  c.p += bytes;
  return at;
}
