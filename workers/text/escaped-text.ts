/**
 * XDR strings as the content of JSON strings. SEP-51 first makes them printable ASCII: `\0 \t \n \r \\`, and `\xNN` for
 * each other byte outside 0x20 to 0x7e (so for each byte of a non-ASCII character; XDR strings need not be UTF-8).
 * JSON then escapes the backslashes once more, and the quotation mark.
 */

const SEP_51_ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\\': '\\\\',
};

/** What each byte becomes. */
const ESCAPES = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  const isPrintable = byte >= 0x20 && byte <= 0x7e;
  const hex = byte.toString(16).padStart(2, '0');
  const sep51 = SEP_51_ESCAPES[character] ?? (isPrintable ? character : `\\x${hex}`);
  return JSON.stringify(sep51).slice(1, -1);
});

/** Characters of the longest escape, `\\xNN`. */
const LONGEST = 5;

/** The bytes from `start` to `end` (exclusive) as the content of a JSON string, without its quotation marks. */
export function escapedText(bytes: Buffer, start: number, end: number): string {
  let p = start;
  while (p < end && ESCAPES[bytes[p]!]!.length === 1) p += 1;
  const plain = bytes.toString('latin1', start, p);
  return p === end ? plain : plain + escaped(bytes, p, end);
}

function escaped(bytes: Buffer, start: number, end: number): string {
  const target = Buffer.allocUnsafe(LONGEST * (end - start));
  let length = 0;
  for (let p = start; p < end; p += 1) {
    const escape = ESCAPES[bytes[p]!]!;
    for (let i = 0; i < escape.length; i += 1, length += 1) target[length] = escape.charCodeAt(i);
  }
  return target.toString('latin1', 0, length);
}
