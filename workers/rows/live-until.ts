/**
 * Where this ledger's TTL changes leave each key: the live-until ledger at the end of the ledger, by hex key hash.
 *
 * CREATED and RESTORED set it, REMOVED clears it. UPDATED only ever extends: with parallel transactions (CAP-63) several
 * may extend one key, and the largest wins, not the last.
 */
import { REMOVED, STATE, UPDATED, EVICTED, type TtlChanges } from '../xdr/change-log.js';
import type { XdrReader } from '../xdr/reader.js';

export function liveUntilByKeyHash(r: XdrReader, changes: TtlChanges, into: Map<string, number>): void {
  into.clear();
  for (let change = 0; change < changes.count; change += 1) {
    const kind = changes.kind[change]!;
    if (kind === STATE || kind === EVICTED) continue;
    const keyHash = changes.keyText(r, change);
    if (kind === REMOVED) {
      into.delete(keyHash);
      continue;
    }
    const liveUntil = r.view.getUint32(changes.liveUntil[change]!);
    const known = kind === UPDATED ? into.get(keyHash) : undefined;
    into.set(keyHash, known === undefined ? liveUntil : Math.max(known, liveUntil));
  }
}
