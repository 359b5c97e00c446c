/** The reference implementation of SEP-51: stellar-xdr in Rust, as WebAssembly. It knows protocols up to 27. */
import { readFileSync } from 'node:fs';
import { decode, initSync } from '@stellar/stellar-xdr-json';

initSync(readFileSync(new URL(import.meta.resolve('@stellar/stellar-xdr-json/stellar_xdr_json_bg.wasm'))));

/** The JSON of the SCVal that `bytes` are; undefined where the reference refuses them. */
export function referenceScValJson(bytes: Buffer): string | undefined {
  try {
    return decode('ScVal', bytes.toString('base64'));
  } catch {
    return undefined;
  }
}
