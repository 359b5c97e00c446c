/** The hash that names a ledger entry: sha256 over its LedgerKey XDR (type 6, contract, key, durability). */
import { hash } from 'node:crypto';
import type { ContractDataContext } from './context.js';

const CONTRACT_DATA = 6;

/**
 * Fills `c.keyHashes` for all rows. The key lies contiguous in the entry, behind a 4-byte extension point of value 0: the
 * LedgerKey's type tag stands there while hashing, so that nothing is copied.
 */
export function hashKeys(c: ContractDataContext): void {
  const { bytes, view } = c.r;
  const { key, keyEnd } = c.changes;
  for (let row = 0; row < c.rows.count; row += 1) {
    const change = c.rows.change[row]!;
    const start = key[change]! - 4;
    const word = view.getInt32(start);
    view.setInt32(start, CONTRACT_DATA);
    c.keyHashes[row] = hash('sha256', bytes.subarray(start, keyEnd[change]), 'hex');
    view.setInt32(start, word);
  }
}
