/** The history: one row per change, partitioned by ledger. */
import { columnsSql, commentsSql, declaredColumns, type TableColumn } from './table-column.js';

export const ENTRIES_COLUMNS: readonly TableColumn[] = declaredColumns('contract_data');

/** About four days of ledgers, and ten ranges of a backfill: partitions stay few, and each can still be dropped at once. */
export const LEDGERS_PER_PARTITION = 64_000;

/**
 * Key, contract and holder are what history is asked by; ledgers are found by the primary key and by the partitions.
 * Such values come again and again, and B-trees store repeated ones once.
 */
export const ENTRIES_INDEXES: Readonly<Record<string, string>> = {
  entries_ledger_key_hash: 'contract_data.entries (ledger_key_hash)',
  entries_contract_id: 'contract_data.entries (contract_id)',
  entries_balance_holder: 'contract_data.entries (balance_holder) WHERE balance_holder IS NOT NULL',
};

export const CREATE_ENTRIES: readonly string[] = [
  `CREATE TABLE contract_data.entries (
${columnsSql(ENTRIES_COLUMNS)},
  PRIMARY KEY (ledger_sequence, change_index)
) PARTITION BY RANGE (ledger_sequence)`,
  ...commentsSql(
    {
      kind: 'TABLE',
      name: 'contract_data.entries',
      sentence: `Every change of a contract-data entry, and every eviction; partitions of ${LEDGERS_PER_PARTITION} ledgers.`,
    },
    ENTRIES_COLUMNS,
  ),
];
