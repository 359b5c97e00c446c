/**
 * `numeric` in binary, from decimal text: an integer with or without a minus sign.
 *
 *   int16 count | int16 weight: the first digit counts 10,000^weight | int16 sign: 0 or 0x4000 | int16 scale: 0 | digits
 *
 * Zero digits at either end are PostgreSQL's to drop (numeric.c, make_result); it does so on receipt.
 */
const HEAD_BYTES = 8;
const DIGIT_BYTES = 2;
/** Decimal places that one digit of base 10,000 holds. */
const PLACES = 4;
const NEGATIVE = 0x4000;
const MINUS = 0x2d;
const ZERO = 0x30;

/** Bytes of the value written at `from` (inclusive) to `to` (exclusive) of `text`. */
export function numericBytes(text: Uint8Array, from: number, to: number): number {
  return HEAD_BYTES + DIGIT_BYTES * digitCount(from + signLength(text, from), to);
}

/** Writes it at `position`; returns where it ends. The text is decimal: see {@link isDecimal}. */
export function writeNumeric(text: Uint8Array, from: number, to: number, target: DataView, position: number): number {
  const isNegative = signLength(text, from) === 1;
  const first = isNegative ? from + 1 : from;
  const digits = digitCount(first, to);
  target.setInt16(position, digits);
  target.setInt16(position + 2, digits - 1);
  target.setInt16(position + 4, isNegative ? NEGATIVE : 0);
  target.setInt16(position + 6, 0);
  let at = position + HEAD_BYTES;
  let place = first;
  for (let left = digits; left > 0; left -= 1) {
    const end = to - (left - 1) * PLACES;
    let digit = 0;
    for (; place < end; place += 1) digit = 10 * digit + text[place]! - ZERO;
    target.setInt16(at, digit);
    at += DIGIT_BYTES;
  }
  return at;
}

/** Whether the text is a minus sign or none, and at least one decimal place. */
export function isDecimal(text: Uint8Array, from: number, to: number): boolean {
  const first = from + signLength(text, from);
  for (let i = first; i < to; i += 1) if (text[i]! < ZERO || text[i]! > ZERO + 9) return false;
  return first < to;
}

function signLength(text: Uint8Array, from: number): number {
  return text[from] === MINUS ? 1 : 0;
}

function digitCount(first: number, to: number): number {
  return Math.ceil((to - first) / PLACES);
}
