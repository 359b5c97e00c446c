/** Text cells that several columns have in common, written from bytes in place. */
import { base64Length, writeBase64 } from '../text/base64.js';
import { HEX_HASH_LENGTH, writeHexHash } from '../text/hex.js';
import { CONTRACT_STR_KEY_LENGTH, writeContractStrKey } from '../text/strkey.js';
import { NONE } from '../rows/arrange.js';
import type { ContractDataContext } from '../rows/context.js';
import type { XdrReader } from '../xdr/reader.js';
import type { TextSource } from '../text/text-target.js';
import type { Utf8Builder } from './builders.js';

/** The `C…` strkey of the 32-byte contract id at `at`. */
export function writeContractId(out: Utf8Builder, bytes: Buffer, at: number): void {
  out.reserve(CONTRACT_STR_KEY_LENGTH);
  writeContractStrKey(bytes, at, out, out.length);
  out.length += CONTRACT_STR_KEY_LENGTH;
  out.endRow();
}

/** The hex of the 32-byte hash at `at`. */
export function writeHash(out: Utf8Builder, source: TextSource, at: number): void {
  out.reserve(HEX_HASH_LENGTH);
  writeHexHash(source, at, out, out.length);
  out.length += HEX_HASH_LENGTH;
  out.endRow();
}

/** The base64 of the bytes from `start` to `end`. A column of base64 only: each text has a multiple of 4 characters. */
export function writeXdr(out: Utf8Builder, r: XdrReader, start: number, end: number): void {
  out.reserve(base64Length(end - start));
  out.length += writeBase64(r, start, end, out, out.length);
  out.endRow();
}

/** A name for each row, of the few that `names` has. Most rows have the name of the row before: runs are written at once. */
export function writeNames(
  out: Utf8Builder,
  from: number,
  to: number,
  names: Readonly<Record<number, string>>,
  memberOf: (row: number) => number,
): void {
  let row = from;
  while (row < to) {
    const member = memberOf(row);
    let next = row + 1;
    while (next < to && memberOf(next) === member) next += 1;
    out.asciiRun(names[member]!, next - row);
    row = next;
  }
}

/** Writes the value of the entry that `entries` names in each row, null where it names none. */
export function writeEntryValues(
  c: ContractDataContext,
  from: number,
  to: number,
  out: Utf8Builder,
  entries: Int32Array,
  write: (start: number, end: number) => void,
): void {
  const { keyEnd, valueEnd } = c.changes;
  for (let row = from; row < to; row += 1) {
    const entry = entries[row]!;
    if (entry === NONE) out.null();
    else write(keyEnd[entry]!, valueEnd[entry]!);
  }
}
