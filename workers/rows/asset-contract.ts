/**
 * What the Stellar Asset Contract (CAP-46-06) writes into contract data, recognised by its exact layout:
 *
 *   balance key    vec [ Symbol "Balance", Address contract ]
 *   balance value  map { Symbol amount: i128, Symbol authorized: bool, Symbol clawback: bool }
 *   instance       storage[ vec [ Symbol "AssetInfo" ] ] =
 *                    vec [ Symbol "Native" ]
 *                  | vec [ Symbol "AlphaNum4" | "AlphaNum12", map { asset_code: string, issuer: bytes(32) } ]
 *
 * Anyone can write such entries under a contract of their own. A layout alone is never proof of an asset; the contract
 * id, which derives from the asset, is.
 */
import { accountStrKey, contractStrKey } from '../text/strkey.js';
import { hasWords, sameHash, textWords } from '../xdr/words.js';
import { skipScVal } from '../xdr/sc-val.js';
import type { XdrReader } from '../xdr/reader.js';
import type { Asset, Network } from './network.js';

// SCValType and SCAddressType members.
const SCV_BOOL = 0;
const SCV_I128 = 10;
const SCV_BYTES = 13;
const SCV_STRING = 14;
const SCV_SYMBOL = 15;
const SCV_VEC = 16;
const SCV_MAP = 17;
const SCV_ADDRESS = 18;
export const SCV_CONTRACT_INSTANCE = 19;
export const SCV_LEDGER_KEY_CONTRACT_INSTANCE = 20;
const SC_ADDRESS_CONTRACT = 1;
const PRESENT = 1;

// ContractExecutableType members.
export const EXECUTABLE_WASM = 0;
export const EXECUTABLE_STELLAR_ASSET = 1;
export const EXECUTABLE_EXTERNAL_REF = 2;

const symbol = (text: string): number[] => [SCV_SYMBOL, ...textWords(text)];
const shape = (...words: number[]): Int32Array => Int32Array.from(words);

const BALANCE_KEY = shape(SCV_VEC, PRESENT, 2, ...symbol('Balance'), SCV_ADDRESS, SC_ADDRESS_CONTRACT);
const BALANCE_HOLDER_AT = 4 * BALANCE_KEY.length;
const BALANCE_KEY_BYTES = BALANCE_HOLDER_AT + 32;

const BALANCE_VALUE_HEAD = shape(SCV_MAP, PRESENT, 3, ...symbol('amount'), SCV_I128);
const BALANCE_AMOUNT_AT = 4 * BALANCE_VALUE_HEAD.length;
const BALANCE_AUTHORIZED = shape(...symbol('authorized'), SCV_BOOL);
const BALANCE_CLAWBACK = shape(...symbol('clawback'), SCV_BOOL);
const BALANCE_AUTHORIZED_AT = BALANCE_AMOUNT_AT + 16;
const BALANCE_CLAWBACK_AT = BALANCE_AUTHORIZED_AT + 4 * BALANCE_AUTHORIZED.length + 4;
const BALANCE_VALUE_BYTES = BALANCE_CLAWBACK_AT + 4 * BALANCE_CLAWBACK.length + 4;

const ASSET_INFO_KEY = shape(SCV_VEC, PRESENT, 1, ...symbol('AssetInfo'));
const ASSET_INFO_NATIVE = shape(SCV_VEC, PRESENT, 1, ...symbol('Native'));
const ASSET_INFO_ALPHANUM4 = shape(SCV_VEC, PRESENT, 2, ...symbol('AlphaNum4'), SCV_MAP, PRESENT, 2);
const ASSET_INFO_ALPHANUM12 = shape(SCV_VEC, PRESENT, 2, ...symbol('AlphaNum12'), SCV_MAP, PRESENT, 2);
const ASSET_CODE = shape(...symbol('asset_code'), SCV_STRING);
const ISSUER = shape(...symbol('issuer'), SCV_BYTES, 32);

/** Offset of the holder's 32-byte contract id in a balance key (SCVal at `key`, ending at `keyEnd`), or -1. */
export function balanceHolderAt(r: XdrReader, key: number, keyEnd: number): number {
  if (keyEnd - key !== BALANCE_KEY_BYTES || !hasWords(r, key, BALANCE_KEY)) return -1;
  return key + BALANCE_HOLDER_AT;
}

/** Offset of the amount (Int128Parts, not negative) in a balance value, or -1 where it is not one. */
export function balanceAmountAt(r: XdrReader, value: number, valueEnd: number): number {
  const isBalance =
    valueEnd - value === BALANCE_VALUE_BYTES &&
    hasWords(r, value, BALANCE_VALUE_HEAD) &&
    hasWords(r, value + BALANCE_AUTHORIZED_AT, BALANCE_AUTHORIZED) &&
    hasWords(r, value + BALANCE_CLAWBACK_AT, BALANCE_CLAWBACK) &&
    r.view.getInt32(value + BALANCE_AMOUNT_AT) >= 0;
  return isBalance ? value + BALANCE_AMOUNT_AT : -1;
}

/** Offset of the ContractExecutable of an instance entry (key and value both say it is one), or -1. */
export function executableAt(r: XdrReader, key: number, value: number): number {
  const isInstance =
    r.view.getInt32(key) === SCV_LEDGER_KEY_CONTRACT_INSTANCE && r.view.getInt32(value) === SCV_CONTRACT_INSTANCE;
  return isInstance ? value + 4 : -1;
}

/**
 * The asset that an instance with this storage (SCMap* at `storage`) is the contract of, or undefined. The AssetInfo
 * must be well-formed and the contract id (32 bytes at `contractId`) the one that derives from it on this network.
 */
export function instanceAsset(r: XdrReader, storage: number, contractId: number, network: Network): Asset | undefined {
  const info = assetInfoAt(r, storage);
  if (info < 0) return undefined;

  if (hasWords(r, info, ASSET_INFO_NATIVE)) return nativeAsset(r, contractId, network);

  let p = info;
  if (hasWords(r, p, ASSET_INFO_ALPHANUM4)) p += 4 * ASSET_INFO_ALPHANUM4.length;
  else if (hasWords(r, p, ASSET_INFO_ALPHANUM12)) p += 4 * ASSET_INFO_ALPHANUM12.length;
  else return undefined;

  if (!hasWords(r, p, ASSET_CODE)) return undefined;
  p += 4 * ASSET_CODE.length;
  const codeBytes = r.view.getUint32(p);
  if (codeBytes < 1 || codeBytes > 12) return undefined;
  const code = r.bytes.subarray(p + 4, p + 4 + codeBytes);
  p += 4 + Math.ceil(codeBytes / 4) * 4;

  if (!hasWords(r, p, ISSUER)) return undefined;
  const issuer = r.bytes.subarray(p + 4 * ISSUER.length, p + 4 * ISSUER.length + 32);

  if (!sameHash(network.creditContractId(code, issuer), 0, r.bytes, contractId)) return undefined;
  return {
    type: codeBytes <= 4 ? 'credit_alphanum4' : 'credit_alphanum12',
    code: code.toString('utf8').replaceAll('\0', ''),
    issuer: accountStrKey(issuer, 0),
    contractId: contractStrKey(r.bytes, contractId),
  };
}

/** The native asset where the contract id at `contractId` is the network's native asset contract, else undefined. */
export function nativeAsset(r: XdrReader, contractId: number, network: Network): Asset | undefined {
  if (!sameHash(network.nativeContractId, 0, r.bytes, contractId)) return undefined;
  return { type: 'native', code: null, issuer: null, contractId: contractStrKey(r.bytes, contractId) };
}

/** Offset of the AssetInfo value in an instance's storage (SCMap* at `storage`): the first entry counts; or -1. */
function assetInfoAt(r: XdrReader, storage: number): number {
  if (r.view.getUint32(storage) !== PRESENT) return -1;
  const entries = r.view.getUint32(storage + 4);
  let p = storage + 8;
  for (let i = 0; i < entries; i += 1) {
    if (hasWords(r, p, ASSET_INFO_KEY)) return p + 4 * ASSET_INFO_KEY.length;
    p = skipScVal(r, skipScVal(r, p));
  }
  return -1;
}
