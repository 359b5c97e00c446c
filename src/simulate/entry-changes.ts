/** The LedgerEntryChanges of a touched entry: of itself, then of its TtlEntry (CAP-46-05, CAP-62, CAP-66). */
import { xdr } from '@stellar/stellar-base';
import { opaque, uint32 } from './field.js';
import type { Scene } from './story.js';
import { type RowFields, TRANSACTION } from './transaction-fields.js';
import type { EntryShape } from './entry-shapes.js';

const { LedgerEntryChange } = xdr;

/** A ledger entry; `modified` is the ledger of its last change. */
export function ledgerEntry(modified: number, data: xdr.LedgerEntryData): xdr.LedgerEntry {
  return new xdr.LedgerEntry({ lastModifiedLedgerSeq: modified, data, ext: new xdr.LedgerEntryExt(0) });
}

/** The two changes of an entry that existed and still does. */
export function updated(
  modifiedBefore: number,
  before: xdr.LedgerEntryData,
  after: xdr.LedgerEntryData,
): xdr.LedgerEntryChange[] {
  return [
    LedgerEntryChange.ledgerEntryState(ledgerEntry(modifiedBefore, before)),
    LedgerEntryChange.ledgerEntryUpdated(ledgerEntry(uint32(TRANSACTION.ledger), after)),
  ];
}

/** The changes that `scene` makes to an entry of `shape`. */
export function entryChanges(shape: EntryShape, row: RowFields, scene: Scene): xdr.LedgerEntryChange[] {
  const entry = lifecycle(
    scene.change,
    uint32(row.previousLedger),
    shape.data(row, row.old),
    shape.data(row, row.new),
    shape.ledgerKey(row),
  );
  if (!scene.ttlChanged) return entry;
  const ttl = lifecycle(
    // An extension is an update of the TtlEntry, whatever happens to the entry.
    ['U', 'W', '.'].includes(scene.change) ? 'U' : scene.change === 'RU' ? 'R' : scene.change,
    uint32(row.ttlPreviousLedger),
    ttlData(row, uint32(row.liveUntilOld)),
    ttlData(row, uint32(row.liveUntil)),
    ttlKey(row),
  );
  return [...entry, ...ttl];
}

/** The LedgerKey of an entry's TtlEntry. */
export function ttlKey(row: RowFields): xdr.LedgerKey {
  return xdr.LedgerKey.ttl(new xdr.LedgerKeyTtl({ keyHash: opaque(row.keyHash) }));
}

function ttlData(row: RowFields, liveUntilLedgerSeq: number): xdr.LedgerEntryData {
  return xdr.LedgerEntryData.ttl(new xdr.TtlEntry({ keyHash: opaque(row.keyHash), liveUntilLedgerSeq }));
}

function lifecycle(
  change: Scene['change'],
  modifiedBefore: number,
  before: xdr.LedgerEntryData,
  after: xdr.LedgerEntryData,
  key: xdr.LedgerKey,
): xdr.LedgerEntryChange[] {
  const now = uint32(TRANSACTION.ledger);
  const state = () => LedgerEntryChange.ledgerEntryState(ledgerEntry(modifiedBefore, before));
  const update = () => LedgerEntryChange.ledgerEntryUpdated(ledgerEntry(now, after));
  const restore = (data: xdr.LedgerEntryData) => LedgerEntryChange.ledgerEntryRestored(ledgerEntry(now, data));
  const remove = () => LedgerEntryChange.ledgerEntryRemoved(key);
  switch (change) {
    case 'C':
      return [LedgerEntryChange.ledgerEntryCreated(ledgerEntry(now, after))];
    case 'U':
    case 'W':
      return [state(), update()];
    case 'X':
      return [state(), remove()];
    // A restored entry appears as it was archived; no STATE comes before it or before what follows it.
    case 'R':
      return [restore(after)];
    case 'RU':
      return [restore(before), update()];
    case 'RX':
      return [restore(after), remove()];
    case '.':
      return [];
  }
}
