/**
 * Where a ledger's TTL changes leave each key: the live-until ledger at the end of the ledger.
 *
 * CREATED and RESTORED set it, REMOVED clears it. UPDATED only ever extends: with parallel transactions (CAP-63) several
 * may extend one key, and the largest wins, not the last.
 */
import { REMOVED, STATE, UPDATED, EVICTED, type TtlChanges } from '../xdr/change-log.js';
import type { XdrReader } from '../xdr/reader.js';

/** Live-until ledgers by hex key hash. Most keys that are asked for have none: a bit per hash prefix says so at once. */
export class LiveUntil {
  private readonly ledgers = new Map<string, number>();
  private readonly prefixes = new Uint8Array(PREFIXES);

  get size(): number {
    return this.ledgers.size;
  }

  get(keyHash: string): number | undefined {
    return this.prefixes[prefixOf(keyHash)] === 0 ? undefined : this.ledgers.get(keyHash);
  }

  set(keyHash: string, ledger: number): void {
    this.prefixes[prefixOf(keyHash)] = 1;
    this.ledgers.set(keyHash, ledger);
  }

  delete(keyHash: string): void {
    this.ledgers.delete(keyHash);
  }

  clear(): void {
    this.prefixes.fill(0);
    this.ledgers.clear();
  }
}

/** Of the first three hex digits: a digit's low five bits tell all sixteen apart. */
const PREFIXES = 2 ** 15;

function prefixOf(keyHash: string): number {
  const [a, b, c] = [keyHash.charCodeAt(0), keyHash.charCodeAt(1), keyHash.charCodeAt(2)];
  return ((a & 31) << 10) | ((b & 31) << 5) | (c & 31);
}

/** Fills `into` with where this ledger's TTL changes leave each key. */
export function liveUntilByKeyHash(r: XdrReader, changes: TtlChanges, into: LiveUntil): void {
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
