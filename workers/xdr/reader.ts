/**
 * The bytes under a scan, and the one error a scan can give.
 *
 * XDR (RFC 4506) is big-endian and 4-byte aligned. Scan functions have the shape `(r, p) => next`: they read at byte
 * offset `p` of `r.bytes`, check what they pass over as strictly as a full decoder would (union arms, enum members,
 * booleans, length limits, zero padding, end of buffer), and return the offset behind it. No objects are made.
 */

/**
 * Deepest nesting of one recursive XDR type (SCVal in SCVal, and the like) that a scan follows. The Soroban host stops
 * at 500 XDR levels, about 100 nested containers; this bound keeps a hostile ledger from overflowing the stack.
 */
export const MAX_NESTING = 512;

/** The limit of a length for which a schema gives none. */
const UNLIMITED = 0xffff_ffff;

/** A buffer being scanned. `end` is exclusive. */
export class XdrReader {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
  }
}

/** Input that is not valid XDR of the expected type, or is of a newer protocol than this scanner knows. */
export class XdrError extends Error {
  override readonly name = 'XdrError';
  /** Byte offset in the scanned buffer. */
  readonly offset: number;
  /** The XDR type being read, in the spelling of the Stellar `.x` files' JavaScript schemas, e.g. `TransactionMeta`. */
  readonly type: string;
  /** What was expected and what came, without type and offset. */
  readonly detail: string;

  constructor(type: string, offset: number, detail: string) {
    super(`${type} at byte ${offset}: ${detail}`);
    this.type = type;
    this.offset = offset;
    this.detail = detail;
  }
}

/** Throws for a read of `needed` bytes at `p` that passes the end of the buffer. */
export function truncated(r: XdrReader, type: string, p: number, needed: number): never {
  throw new XdrError(type, p, `truncated: ${needed} bytes expected, ${Math.max(0, r.end - p)} left`);
}

/** Throws for a union discriminant or enum value that the schema does not know. */
export function unknownArm(type: string, p: number, value: number): never {
  throw new XdrError(type, p, `unknown arm ${value} (damaged, or a newer protocol than this version reads)`);
}

/** Throws for a length above the schema's limit, or one that cannot fit into what is left of the buffer. */
export function badLength(type: string, p: number, length: number, limit: number): never {
  throw new XdrError(type, p, `length ${length} is above the limit of ${limit}`);
}

/** Throws for a boolean or optional flag that is neither 0 nor 1. */
export function badBool(type: string, p: number, value: number): never {
  throw new XdrError(type, p, `boolean expected, ${value} found`);
}

/** Throws for padding bytes that are not zero. */
export function badPadding(type: string, p: number): never {
  throw new XdrError(type, p, 'padding bytes are not zero');
}

/** Throws for a value nested deeper than {@link MAX_NESTING}. */
export function tooDeep(type: string, p: number): never {
  throw new XdrError(type, p, `nested deeper than ${MAX_NESTING} levels`);
}

/** Reads a boolean, or the flag before an optional value, at `p`. */
export function readFlag(r: XdrReader, p: number, type: string): boolean {
  if (p + 4 > r.end) truncated(r, type, p, 4);
  const value = r.view.getUint32(p);
  if (value > 1) badBool(type, p, value);
  return value === 1;
}

/** Checks the enum value or union discriminant at `p`, known to be inside the buffer; legal are `first` to `last`. */
export function checkArm(r: XdrReader, p: number, type: string, first: number, last: number): void {
  const value = r.view.getInt32(p);
  if (value < first || value > last) unknownArm(type, p, value);
}

/**
 * Reads an array's count at `p` and checks it against the schema's `limit` and against what is left of the buffer, so
 * that a false count fails before any loop. No element is smaller than `minElementBytes`; they start at `p + 4`.
 */
export function arrayCount(r: XdrReader, p: number, type: string, minElementBytes: number, limit = UNLIMITED): number {
  if (p + 4 > r.end) truncated(r, type, p, 4);
  const count = r.view.getUint32(p);
  if (count > limit) badLength(type, p, count, limit);
  if (count * minElementBytes > r.end - p - 4) badLength(type, p, count, Math.floor((r.end - p - 4) / minElementBytes));
  return count;
}

/** Passes variable-length opaque data or a string at `p`: length, bytes, zero padding to a multiple of 4. */
export function skipOpaque(r: XdrReader, p: number, type: string, limit = UNLIMITED): number {
  if (p + 4 > r.end) truncated(r, type, p, 4);
  const length = r.view.getUint32(p);
  if (length > limit) badLength(type, p, length, limit);
  const end = p + 4 + length;
  const padding = -length & 3;
  if (end + padding > r.end) truncated(r, type, p, 4 + length + padding);
  // The last word holds the padding in its low bytes.
  if (padding > 0 && (r.view.getUint32(end + padding - 4) & ((1 << (8 * padding)) - 1)) !== 0) badPadding(type, end);
  return end + padding;
}
