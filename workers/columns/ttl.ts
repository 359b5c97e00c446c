/** The ttl table: one row per change of a TTL entry, of contract data and of contract code alike. */
import { NONE } from '../rows/arrange.js';
import type { LedgerContext } from '../rows/context.js';
import { CHANGE_TYPE_NAMES, isDeletion } from '../rows/names.js';
import type { TtlChanges } from '../xdr/change-log.js';
import type { Column } from './column.js';
import { closedAt, ledgerSequence, operationIndex, transactionHash, transactionIndex } from './ledger-columns.js';
import { writeHash, writeNames } from './write-text.js';

export interface TtlContext extends LedgerContext {
  readonly changes: TtlChanges;
}

export const TTL_COLUMNS: readonly Column<TtlContext>[] = [
  {
    name: 'key_hash',
    kind: 'utf8',
    nullable: false,
    postgres: 'text',
    sentence: 'Hex sha256 of the LedgerKey that lives so long: `ledger_key_hash` of a contract-data entry.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) {
        writeHash(out, c.r, c.changes.keyHash[c.rows.change[row]!]!);
      }
    },
  },
  {
    name: 'live_until_ledger_seq',
    kind: 'uint32',
    nullable: true,
    postgres: 'bigint',
    sentence: 'Last ledger in which the entry is live; null where only the key is known.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) {
        const entry = c.rows.entry[row]!;
        if (entry === NONE) out.null();
        else out.value(c.r.view.getUint32(c.changes.liveUntil[entry]!));
      }
    },
  },
  {
    name: 'change_type',
    kind: 'utf8',
    nullable: false,
    postgres: 'text',
    sentence: '`created`, `updated`, `removed`, `restored` or `evicted`.',
    write(c, from, to, out) {
      writeNames(out, from, to, CHANGE_TYPE_NAMES, (row) => c.rows.kind[row]!);
    },
  },
  {
    name: 'deleted',
    kind: 'bool',
    nullable: false,
    postgres: 'boolean',
    sentence: 'Whether the TTL entry is gone after this change: removed or evicted.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) out.value(isDeletion(c.rows.kind[row]!));
    },
  },
  ledgerSequence,
  closedAt,
  {
    name: 'last_modified_ledger',
    kind: 'uint32',
    nullable: false,
    postgres: 'bigint',
    sentence: "The TTL entry's lastModifiedLedgerSeq; where only the key is known, this ledger.",
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) {
        const entry = c.rows.entry[row]!;
        out.value(entry === NONE ? c.log.sequence : c.r.view.getUint32(c.changes.keyHash[entry]! - 8));
      }
    },
  },
  transactionHash,
  transactionIndex,
  operationIndex,
  {
    name: 'change_index',
    kind: 'uint32',
    nullable: false,
    postgres: 'bigint',
    sentence: 'Ordinal of the row within its ledger and table, from 0, before any filter.',
    write(c, from, to, out) {
      for (let row = from; row < to; row += 1) out.value(c.rows.changeIndex[row]!);
    },
  },
];
