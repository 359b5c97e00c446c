/**
 * Strkeys (SEP-23): base32 of a version byte, the payload, and the CRC-16 of both, low byte first.
 *
 *   G  6 << 3   account             32 bytes    56 characters
 *   C  2 << 3   contract            32 bytes    56
 *   L 11 << 3   liquidity pool      32 bytes    56
 *   M 12 << 3   muxed account       key, id     69
 *   B  1 << 3   claimable balance   type, hash  58
 *
 * The 35 bytes of the first three are exactly seven base32 groups, so each text has one reading and each value one text.
 */
import { parseBase32, writeBase32Group } from './base32.js';
import { crc16 } from './crc16.js';
import type { TextTarget } from './text-target.js';

/** A version byte with its own checksum, from which that of the payload goes on. */
interface Kind {
  readonly version: number;
  readonly checksum: number;
}

const ACCOUNT = kindOf(6 << 3);
const CONTRACT = kindOf(2 << 3);
const LIQUIDITY_POOL = kindOf(11 << 3);
const MUXED_ACCOUNT = kindOf(12 << 3);
const CLAIMABLE_BALANCE = kindOf(1 << 3);

const KEY_BYTES = 32;

/** Characters in the strkey of a contract, an account or a liquidity pool. */
export const CONTRACT_STR_KEY_LENGTH = 56;

const scratch = Buffer.allocUnsafeSlow(CONTRACT_STR_KEY_LENGTH);
const scratchWords = new Int32Array(scratch.buffer);

/** Writes the 56 characters `C…` of the 32-byte contract id in `source` at `from` to `target` at `at`, a multiple of 4. */
export function writeContractStrKey(source: Buffer, from: number, target: TextTarget, at: number): void {
  writeStrKey(CONTRACT, source, from, target.words, at >> 2);
}

/** The `C…` strkey of the 32-byte contract id in `bytes` at `at`. */
export function contractStrKey(bytes: Buffer, at: number): string {
  return strKey(CONTRACT, bytes, at);
}

/** The `G…` strkey of the 32-byte ed25519 public key in `bytes` at `at`. */
export function accountStrKey(bytes: Buffer, at: number): string {
  return strKey(ACCOUNT, bytes, at);
}

/** The `L…` strkey of the 32-byte pool id in `bytes` at `at`. */
export function liquidityPoolStrKey(bytes: Buffer, at: number): string {
  return strKey(LIQUIDITY_POOL, bytes, at);
}

/** The `M…` strkey of the XDR MuxedEd25519Account in `bytes` at `at`: 8 bytes of id, then the key. */
export function muxedAccountStrKey(bytes: Buffer, at: number): string {
  const id = bytes.subarray(at, at + 8);
  const key = bytes.subarray(at + 8, at + 8 + KEY_BYTES);
  return longStrKey(MUXED_ACCOUNT, Buffer.concat([key, id]));
}

/** The `B…` strkey of the XDR ClaimableBalanceID in `bytes` at `at`: of its 4-byte type the last byte counts. */
export function claimableBalanceStrKey(bytes: Buffer, at: number): string {
  return longStrKey(CLAIMABLE_BALANCE, bytes.subarray(at + 3, at + 4 + KEY_BYTES));
}

/** The 32-byte contract id of a `C…` strkey, or undefined where `text` is not exactly one. */
export function parseContractStrKey(text: string): Buffer | undefined {
  return parseStrKey(CONTRACT, text);
}

/** The 32-byte ed25519 public key of a `G…` strkey, or undefined where `text` is not exactly one. */
export function parseAccountStrKey(text: string): Buffer | undefined {
  return parseStrKey(ACCOUNT, text);
}

function kindOf(version: number): Kind {
  return { version, checksum: crc16(Uint8Array.of(version), 0, 1, 0) };
}

/** A strkey of a 32-byte payload: the version and 4 bytes, five groups of 5 bytes, 3 bytes and the checksum. */
function writeStrKey(kind: Kind, source: Buffer, from: number, target: Int32Array, at: number): void {
  const end = from + KEY_BYTES;
  const checksum = crc16(source, from, end, kind.checksum);
  writeBase32Group(target, at, kind.version, source[from]!, source[from + 1]!, source[from + 2]!, source[from + 3]!);
  let word = at + 2;
  let i = from + 4;
  for (; i < end - 3; i += 5, word += 2) {
    writeBase32Group(target, word, source[i]!, source[i + 1]!, source[i + 2]!, source[i + 3]!, source[i + 4]!);
  }
  writeBase32Group(target, word, source[i]!, source[i + 1]!, source[i + 2]!, checksum & 0xff, checksum >>> 8);
}

function strKey(kind: Kind, bytes: Buffer, at: number): string {
  writeStrKey(kind, bytes, at, scratchWords, 0);
  return scratch.toString('latin1');
}

/** A strkey that does not fill its last base32 group: what is missing is zero bits, whose characters are left out. */
function longStrKey(kind: Kind, payload: Buffer): string {
  const checksum = crc16(payload, 0, payload.length, kind.checksum);
  const length = 1 + payload.length + 2;
  const parts = [Buffer.of(kind.version), payload, Buffer.of(checksum & 0xff, checksum >>> 8)];
  const bytes = Buffer.concat(parts, 5 * Math.ceil(length / 5));
  const text = Buffer.allocUnsafeSlow((bytes.length / 5) * 8);
  const words = new Int32Array(text.buffer);
  for (let i = 0, word = 0; i < bytes.length; i += 5, word += 2) {
    writeBase32Group(words, word, bytes[i]!, bytes[i + 1]!, bytes[i + 2]!, bytes[i + 3]!, bytes[i + 4]!);
  }
  return text.toString('latin1', 0, Math.ceil((length * 8) / 5));
}

function parseStrKey(kind: Kind, text: string): Buffer | undefined {
  if (text.length !== CONTRACT_STR_KEY_LENGTH) return undefined;
  const bytes = parseBase32(text);
  if (bytes?.[0] !== kind.version) return undefined;
  const checksumAt = 1 + KEY_BYTES;
  if (crc16(bytes, 1, checksumAt, kind.checksum) !== bytes.readUInt16LE(checksumAt)) return undefined;
  return bytes.subarray(1, checksumAt);
}
