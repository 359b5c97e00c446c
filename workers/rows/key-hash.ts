/** The hash that names a ledger entry: sha256 over its LedgerKey XDR (type 6, contract, key, durability). */
import { hash } from 'node:crypto';
import type { ContractDataContext } from './context.js';

const CONTRACT_DATA = 6;

/** Bytes of a key hash. */
export const KEY_HASH_BYTES = 32;
const INITIAL_ROWS = 1024;

/** The key hash of each row of the ledger at hand, one after the other. */
export class KeyHashes {
  bytes = Buffer.allocUnsafeSlow(INITIAL_ROWS * KEY_HASH_BYTES);
  view = new DataView(this.bytes.buffer);

  /** Makes room for `rows` rows. */
  reserve(rows: number): void {
    if (rows * KEY_HASH_BYTES <= this.bytes.length) return;
    this.bytes = Buffer.allocUnsafeSlow(2 * rows * KEY_HASH_BYTES);
    this.view = new DataView(this.bytes.buffer);
  }
}

/**
 * Fills `c.keyHashes` for all rows. The key lies contiguous in the entry, behind a 4-byte extension point of value 0: the
 * LedgerKey's type tag stands there while hashing, so that nothing is copied.
 */
export function hashKeys(c: ContractDataContext): void {
  const { bytes, view } = c.r;
  const { key, keyEnd } = c.changes;
  c.keyHashes.reserve(c.rows.count);
  const hashes = c.keyHashes.bytes;
  for (let row = 0; row < c.rows.count; row += 1) {
    const change = c.rows.change[row]!;
    const start = key[change]! - 4;
    const word = view.getInt32(start);
    view.setInt32(start, CONTRACT_DATA);
    // One character per byte is the shortest way out of the native call: a Buffer of its own costs twice as much.
    const ledgerKey = new Uint8Array(bytes.buffer, bytes.byteOffset + start, keyEnd[change]! - start);
    hashes.write(hash('sha256', ledgerKey, 'binary'), row * KEY_HASH_BYTES, 'latin1');
    view.setInt32(start, word);
  }
}
