/**
 * The newest state of each key, whatever the order in which its changes are loaded.
 *
 * A row has three parts. What names the key never changes. The *state* part is that of the newest change. The *value*
 * part is that of the newest change which carried a value: an eviction mostly carries none, and leaves the last one.
 * Each part has the position of the change that it comes from, so an older change, loaded later, may still fill in the
 * value. Merging two rows takes the newer of each part, so neither order nor repetition matters.
 */
import { columnsSql, commentsSql, declaredColumns, TEXT, type TableColumn } from './table-column.js';

interface StateColumn extends TableColumn {
  readonly part: 'key' | 'state' | 'value';
  /** Over a row of contract_data.entries. */
  readonly from: string;
}

function taken(part: StateColumn['part'], ...names: string[]): StateColumn[] {
  return declaredColumns('contract_data', names).map((column) => ({ ...column, part, from: column.name }));
}

export const CURRENT_STATES_COLUMNS: readonly StateColumn[] = [
  ...taken('key', 'ledger_key_hash', 'contract_id', 'contract_key_type', 'contract_durability', 'key_xdr'),
  {
    name: 'state',
    part: 'state',
    type: TEXT,
    nullable: false,
    more: "CHECK (state IN ('live', 'archived', 'deleted'))",
    from: `CASE
      WHEN NOT deleted THEN 'live'
      WHEN change_type = 'evicted' AND contract_durability = 'ContractDataDurabilityPersistent' THEN 'archived'
      ELSE 'deleted'
    END`,
    sentence: '`live`; `archived`: evicted, restorable, still owned; `deleted`: removed, or evicted and temporary.',
  },
  ...taken('state', 'change_type', 'ledger_sequence', 'change_index', 'closed_at', 'transaction_hash'),
  {
    name: 'value_ledger_sequence',
    part: 'value',
    type: 'bigint',
    nullable: false,
    from: 'ledger_sequence',
    sentence:
      'The ledger of the newest change that carried a value: the value columns are its; the newest change where none did.',
  },
  {
    name: 'value_change_index',
    part: 'value',
    type: 'bigint',
    nullable: false,
    from: 'change_index',
    sentence: 'The change_index of that change.',
  },
  ...taken('value', 'last_modified_ledger', 'val_xdr', 'balance_holder', 'balance', 'balance_i128'),
  ...taken('value', 'asset_code', 'asset_issuer', 'asset_type', 'asset_contract_id'),
  ...taken('value', 'contract_instance_type', 'contract_instance_wasm_hash'),
];

const INSTANCE = "'ScValTypeScvLedgerKeyContractInstance'";

/**
 * None has a column that changes with a balance, so that an update stays on its page and touches no index
 * (https://www.postgresql.org/docs/current/storage-hot.html).
 */
export const CURRENT_STATES_INDEXES: Readonly<Record<string, string>> = {
  current_states_contract_id: 'contract_data.current_states (contract_id)',
  current_states_balance_holder: 'contract_data.current_states (balance_holder) WHERE balance_holder IS NOT NULL',
  current_states_asset_contract_id: `contract_data.current_states (asset_contract_id)
    WHERE contract_key_type = ${INSTANCE} AND asset_contract_id IS NOT NULL`,
};

/** Room on each page for the next version of a row. */
const FILL_FACTOR_PERCENT = 70;

export const CREATE_CURRENT_STATES: readonly string[] = [
  `CREATE TABLE contract_data.current_states (
${columnsSql(CURRENT_STATES_COLUMNS)},
  PRIMARY KEY (ledger_key_hash)
) WITH (fillfactor = ${FILL_FACTOR_PERCENT})`,
  ...commentsSql(
    {
      kind: 'TABLE',
      name: 'contract_data.current_states',
      sentence: 'The newest state of each key, with its last known value, as far as loaded.',
    },
    CURRENT_STATES_COLUMNS,
  ),
];
