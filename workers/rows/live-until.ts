/**
 * Where a ledger's TTL changes leave each key: the live-until ledger at the end of the ledger.
 *
 * CREATED and RESTORED set it, REMOVED clears it. UPDATED only ever extends: with parallel transactions (CAP-63) several
 * may extend one key, and the largest wins, not the last.
 */
import { randomInt } from 'node:crypto';
import { REMOVED, STATE, UPDATED, EVICTED, type TtlChanges } from '../xdr/change-log.js';
import type { XdrReader } from '../xdr/reader.js';
import { sameHash } from '../xdr/words.js';
import { NONE } from './arrange.js';

const INITIAL_SLOTS = 4096;

/** Drawn anew in each process, so that nobody can write a ledger whose key hashes fall on one another. */
const MULTIPLIERS = Int32Array.from({ length: 8 }, () => 2 * randomInt(2 ** 31) + 1);

/** Live-until ledgers by key hash: a table of places in the ledger's own bytes, so that its keys become no strings. */
export class LiveUntil {
  private r: XdrReader | undefined;
  /** Offset of the key hash that each slot is of, or NONE. A power of two of slots, at most half of them taken. */
  private keyHash = new Int32Array(INITIAL_SLOTS).fill(NONE);
  private liveUntil = new Float64Array(INITIAL_SLOTS);
  private mask = INITIAL_SLOTS - 1;
  private isEmpty = true;

  /** Forgets all and makes room for `keys` keys, whose hashes stand in the ledger of `r`. */
  start(r: XdrReader, keys: number): void {
    this.r = r;
    if (2 * keys > this.keyHash.length) {
      const slots = 2 ** Math.ceil(Math.log2(2 * keys));
      this.keyHash = new Int32Array(slots).fill(NONE);
      this.liveUntil = new Float64Array(slots);
      this.mask = slots - 1;
    } else if (!this.isEmpty) {
      this.keyHash.fill(NONE);
    }
    this.isEmpty = keys === 0;
  }

  /** Lets go of the ledger: its bytes may be large, and the next one long in coming. */
  finish(): void {
    this.r = undefined;
  }

  /** The live-until ledger of the key whose 32-byte hash stands in `bytes` at `at`, or NONE. */
  get(bytes: Buffer, view: DataView, at: number): number {
    if (this.isEmpty) return NONE;
    const slot = this.slotOf(bytes, view, at);
    return this.keyHash[slot] === NONE ? NONE : this.liveUntil[slot]!;
  }

  /** Sets, or with NONE clears, the live-until ledger of the key whose hash stands in the ledger at `at`. */
  set(at: number, ledger: number): void {
    const { bytes, view } = this.r!;
    const slot = this.slotOf(bytes, view, at);
    this.keyHash[slot] = at;
    this.liveUntil[slot] = ledger;
  }

  private slotOf(bytes: Buffer, view: DataView, at: number): number {
    const { keyHash, mask } = this;
    const ledger = this.r!.bytes;
    let sum = 0;
    for (let i = 0; i < 8; i += 1) sum = (sum + Math.imul(view.getInt32(at + 4 * i), MULTIPLIERS[i]!)) | 0;
    let slot = (sum ^ (sum >>> 15)) & mask;
    while (keyHash[slot] !== NONE && !sameHash(ledger, keyHash[slot]!, bytes, at)) slot = (slot + 1) & mask;
    return slot;
  }
}

/** Fills `into` with where this ledger's TTL changes leave each key. */
export function liveUntilByKeyHash(r: XdrReader, changes: TtlChanges, into: LiveUntil): void {
  into.start(r, changes.count);
  for (let change = 0; change < changes.count; change += 1) {
    const kind = changes.kind[change]!;
    if (kind === STATE || kind === EVICTED) continue;
    const keyHash = changes.keyHash[change]!;
    if (kind === REMOVED) {
      into.set(keyHash, NONE);
      continue;
    }
    const liveUntil = r.view.getUint32(changes.liveUntil[change]!);
    const known = kind === UPDATED ? into.get(r.bytes, r.view, keyHash) : NONE;
    into.set(keyHash, Math.max(known, liveUntil));
  }
}
