/** What our skip functions and stellar-base say of the same bytes. */
import assert from 'node:assert/strict';
import { XdrError, XdrReader } from '../../workers/xdr/reader.js';
import { skipScVal } from '../../workers/xdr/sc-val.js';
import * as generated from '../../workers/xdr/skip.generated.js';
import { oracleType } from './oracle-types.js';

type Skip = (r: XdrReader, p: number) => number;

/** All functions of skip.generated.ts, and the one written by hand, by the name of their type. */
export const skipFunctions: ReadonlyMap<string, Skip> = new Map(
  Object.entries({ ...generated, skipScVal }).map(([name, skip]) => [name.slice('skip'.length), skip]),
);

/** undefined where `bytes` are exactly one value, otherwise the reason why not. */
export function skipped(skip: Skip, bytes: Buffer): string | undefined {
  try {
    const end = skip(new XdrReader(bytes), 0);
    return end === bytes.length ? undefined : `ends at ${end} of ${bytes.length}`;
  } catch (error) {
    // Anything else, such as the RangeError of a read outside the buffer, is a defect.
    assert.ok(error instanceof XdrError, String(error));
    assert.ok(error.offset >= 0 && error.offset <= bytes.length, `offset ${error.offset} of ${bytes.length}`);
    return error.message;
  }
}

/** undefined where stellar-base decodes `bytes` as exactly one value, otherwise its reason why not. */
export function decoded(name: string, bytes: Buffer): string | undefined {
  try {
    oracleType(name)!.fromXDR(bytes);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
