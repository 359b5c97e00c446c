/**
 * The state that a run of ledgers leads to, kept from the ledgers alone and checked at each change: what a ledger says
 * about the past must be what the ledgers before it said.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { xdr } from '@stellar/stellar-base';
import { type DecodedLedger, entryOf, keyOf } from './decoded-ledger.js';

/** An entry that is live, archived (evicted, to be restored), or known to be absent. */
interface Known {
  readonly state: 'live' | 'archived' | 'absent';
  readonly entry: xdr.LedgerEntry | undefined;
}

const ABSENT: Known = { state: 'absent', entry: undefined };

export class LedgerHistory {
  private readonly known = new Map<string, Known>();
  /** What entries were before the present ledger, where it changed them. */
  private before = new Map<string, Known | undefined>();
  /** How many pre-images were compared with what earlier ledgers said. */
  comparisons = 0;

  /** Applies the next ledger. Throws an AssertionError where it contradicts those before. */
  apply({ transactions, evictedKeys, sequence }: DecodedLedger): void {
    this.before = new Map();
    for (const lists of ['feeChanges', 'metaChanges', 'refundChanges'] as const) {
      for (const list of transactions.flatMap((transaction) => transaction[lists])) this.applyList(sequence, list);
    }
    for (let at = 0; at < evictedKeys.length; at += 2) this.evict(sequence, evictedKeys[at]!, evictedKeys[at + 1]!);
  }

  private applyList(sequence: number, list: readonly xdr.LedgerEntryChange[]): void {
    list.forEach((change, at) => {
      const state = list[at - 1]?.switch().name === 'ledgerEntryState' ? list[at - 1] : undefined;
      if (state !== undefined) {
        assert.ok(['ledgerEntryUpdated', 'ledgerEntryRemoved'].includes(change.switch().name));
        assert.equal(idOf(keyOf(change)), idOf(keyOf(state)));
        this.expectState(keyOf(state), entryOf(state)!);
      }
      this.applyChange(sequence, change);
    });
  }

  private applyChange(sequence: number, change: xdr.LedgerEntryChange): void {
    const key = keyOf(change);
    const now = this.known.get(idOf(key));
    const entry = entryOf(change);
    if (change.switch().name === 'ledgerEntryState') return;
    if (entry !== undefined) assert.equal(entry.lastModifiedLedgerSeq(), sequence);
    if (change.switch().name === 'ledgerEntryRemoved') {
      assert.equal(now?.state ?? 'live', 'live', 'removed though not live');
      this.set(key, ABSENT);
      return;
    }
    if (change.switch().name === 'ledgerEntryCreated') {
      assert.equal(now?.state ?? 'absent', 'absent', 'created though there');
    } else if (change.switch().name === 'ledgerEntryUpdated') {
      assert.equal(now?.state ?? 'live', 'live', 'updated though not live');
      // Of several extensions in a ledger the furthest counts (CAP-63).
      if (key.switch().name === 'ttl' && now?.entry && liveUntil(now.entry) > liveUntil(entry!)) return;
    } else if (now !== undefined) {
      this.expectRestorable(sequence, key, now, entry!);
    }
    this.set(key, { state: 'live', entry });
  }

  /** STATE is what the last change left; for extensions in parallel, what was before the ledger (CAP-63). */
  private expectState(key: xdr.LedgerKey, state: xdr.LedgerEntry): void {
    const id = idOf(key);
    const now = this.known.get(id);
    assert.equal(now?.state ?? 'live', 'live', 'a pre-image of what is not live');
    const expected = key.switch().name === 'ttl' && this.before.has(id) ? this.before.get(id) : now;
    if (expected?.entry === undefined) return;
    this.comparisons += 1;
    assert.equal(state.toXDR('base64'), expected.entry.toXDR('base64'));
  }

  /** Restored is what was evicted or, where only temporary entries are, what has no time to live left. */
  private expectRestorable(sequence: number, key: xdr.LedgerKey, now: Known, restored: xdr.LedgerEntry): void {
    const isTtl = key.switch().name === 'ttl';
    const ttl = isTtl ? now.entry : this.known.get(idOf(ttlKeyOf(key)))?.entry;
    assert.notEqual(now.state, 'absent', 'restored though absent');
    if (now.state === 'live') assert.ok(ttl === undefined || liveUntil(ttl) < sequence, 'restored though live');
    if (now.entry === undefined) return;
    this.comparisons += 1;
    if (isTtl) assert.ok(liveUntil(restored) >= sequence);
    else assert.deepEqual(restored.data().toXDR(), now.entry.data().toXDR());
  }

  private evict(sequence: number, key: xdr.LedgerKey, ttlKey: xdr.LedgerKey): void {
    assert.equal(idOf(ttlKey), idOf(ttlKeyOf(key)));
    const ttl = this.known.get(idOf(ttlKey));
    if (ttl?.entry) assert.ok(liveUntil(ttl.entry) < sequence, 'evicted though it had time to live');
    const lost = key.switch().name === 'contractData' && key.contractData().durability().name === 'temporary';
    for (const evicted of [key, ttlKey]) {
      const now = this.known.get(idOf(evicted));
      assert.equal(now?.state ?? 'live', 'live', 'evicted though not live');
      this.set(evicted, lost ? ABSENT : { state: 'archived', entry: now?.entry });
    }
  }

  private set(key: xdr.LedgerKey, known: Known): void {
    const id = idOf(key);
    if (!this.before.has(id)) this.before.set(id, this.known.get(id));
    this.known.set(id, known);
  }
}

function idOf(key: xdr.LedgerKey): string {
  return key.toXDR('base64');
}

function liveUntil(entry: xdr.LedgerEntry): number {
  return entry.data().ttl().liveUntilLedgerSeq();
}

function ttlKeyOf(key: xdr.LedgerKey): xdr.LedgerKey {
  return xdr.LedgerKey.ttl(new xdr.LedgerKeyTtl({ keyHash: createHash('sha256').update(key.toXDR()).digest() }));
}
