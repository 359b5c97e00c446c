/** Views for analysts. */
import { commentsSql, type TableColumn } from './table-column.js';

type ViewColumn = Pick<TableColumn, 'name' | 'sentence'>;

function view(name: string, sentence: string, query: string, columns: Readonly<Record<string, string>>): string[] {
  const described: ViewColumn[] = Object.entries(columns).map(([column, text]) => ({ name: column, sentence: text }));
  return [
    `CREATE VIEW contract_data.${name} AS${query}`,
    ...commentsSql({ kind: 'VIEW', name: `contract_data.${name}`, sentence }, described),
  ];
}

/** Ledgers close every five seconds or so: an hour of them. */
const RECENT_LEDGERS = 720;

const ASSET_COLUMNS = {
  asset_contract_id: "The asset's own contract, `C…` strkey.",
  asset_code: 'Code of the asset; null for the native one.',
  asset_issuer: 'Its issuer, `G…` strkey; null for the native one.',
  asset_type: '`native`, `credit_alphanum4` or `credit_alphanum12`.',
};

/** A contract is an asset's own where its instance says so, or a balance in it does because the stream knew the asset. */
const ASSETS = view(
  'assets',
  'The assets whose contracts have been seen, learnt from instances that prove theirs.',
  `
SELECT asset_contract_id, asset_code, asset_issuer, asset_type, state, closed_at AS changed_at
FROM contract_data.current_states
WHERE contract_key_type = 'ScValTypeScvLedgerKeyContractInstance' AND asset_contract_id = contract_id`,
  {
    ...ASSET_COLUMNS,
    state: 'State of the instance.',
    changed_at: 'Close time of the ledger that last changed the instance.',
  },
);

const ASSET_SUMMARY = view(
  'asset_summary',
  'Per asset: who holds it among contracts, and how much. Accounts hold trustlines, which are not contract data.',
  `
SELECT
  b.contract_id AS asset_contract_id,
  coalesce(max(b.asset_code), max(a.asset_code)) AS asset_code,
  coalesce(max(b.asset_issuer), max(a.asset_issuer)) AS asset_issuer,
  coalesce(max(b.asset_type), max(a.asset_type)) AS asset_type,
  count(*) FILTER (WHERE b.balance_i128 > 0) AS holders,
  coalesce(sum(b.balance_i128), 0) AS contract_held_supply,
  coalesce(sum(b.balance_i128) FILTER (WHERE b.state = 'archived'), 0) AS archived_supply,
  max(b.ledger_sequence) AS last_ledger
FROM contract_data.current_states b LEFT JOIN contract_data.assets a ON a.asset_contract_id = b.contract_id
WHERE b.balance_holder IS NOT NULL AND b.state <> 'deleted'
  AND (a.asset_contract_id IS NOT NULL OR b.asset_contract_id IS NOT NULL)
GROUP BY b.contract_id`,
  {
    ...ASSET_COLUMNS,
    holders: 'Contracts with a balance above zero, archived ones among them.',
    contract_held_supply: 'Sum of the balances that contracts own, in base units, archived ones among them.',
    archived_supply: 'The part of it that is archived: to be restored before it can be spent.',
    last_ledger: 'Newest ledger that changed one of the balances.',
  },
);

const RECENT_ACTIVITY = view(
  'recent_activity',
  `Per contract: what changed within the newest ${RECENT_LEDGERS} ledgers of the history.`,
  `
SELECT
  contract_id,
  count(*) AS changes,
  count(DISTINCT ledger_key_hash) AS keys,
  count(DISTINCT transaction_hash) AS transactions,
  count(*) FILTER (WHERE change_type = 'created') AS created,
  count(*) FILTER (WHERE change_type = 'updated') AS updated,
  count(*) FILTER (WHERE change_type = 'removed') AS removed,
  count(*) FILTER (WHERE change_type = 'restored') AS restored,
  count(*) FILTER (WHERE change_type = 'evicted') AS evicted,
  max(ledger_sequence) AS last_ledger,
  max(closed_at) AS last_closed_at
FROM contract_data.entries
WHERE ledger_sequence > (SELECT max(ledger_sequence) - ${RECENT_LEDGERS} FROM contract_data.entries)
GROUP BY contract_id`,
  {
    contract_id: 'The contract, `C…` strkey.',
    changes: 'Changes of its entries.',
    keys: 'Different entries changed.',
    transactions: 'Different transactions that changed them.',
    created: 'Changes of this type.',
    updated: 'Changes of this type.',
    removed: 'Changes of this type.',
    restored: 'Changes of this type.',
    evicted: 'Changes of this type.',
    last_ledger: 'Newest ledger with a change.',
    last_closed_at: 'Its close time.',
  },
);

/**
 * Beyond its live-until ledger a persistent entry is archived and a temporary one dead, at once; the row that says so
 * comes when the network evicts it, or never.
 */
const ENTRY_LIVENESS = view(
  'entry_liveness',
  'Whether each entry is live at the newest ledger up to which contract_data and ttl are complete.',
  `
SELECT
  e.ledger_key_hash, e.contract_id, e.contract_key_type, e.contract_durability, e.key_xdr, e.state,
  t.live_until_ledger_seq,
  now.ledger AS as_of_ledger,
  CASE
    WHEN e.state <> 'live' THEN e.state
    WHEN t.live_until_ledger_seq >= now.ledger THEN 'live'
    WHEN t.live_until_ledger_seq IS NULL THEN 'unknown'
    WHEN e.contract_durability = 'ContractDataDurabilityTemporary' THEN 'deleted'
    ELSE 'archived'
  END AS liveness
FROM contract_data.current_states e
LEFT JOIN contract_data.ttl t ON t.key_hash = e.ledger_key_hash
CROSS JOIN (
  SELECT least(contract_data.complete_through('contract_data'), contract_data.complete_through('ttl')) AS ledger
) now`,
  {
    ledger_key_hash: 'Names the entry.',
    contract_id: 'The contract that owns it.',
    contract_key_type: 'Type of its key.',
    contract_durability: '`ContractDataDurabilityPersistent` or `ContractDataDurabilityTemporary`.',
    key_xdr: 'Its key, base64 XDR of the SCVal.',
    state: 'As its newest change says.',
    live_until_ledger_seq: 'Last ledger in which it is live; null where no TTL change of it is loaded.',
    as_of_ledger: 'The ledger that liveness is for.',
    liveness: '`live`, `archived`, `deleted`, or `unknown` where its time to live is not loaded.',
  },
);

export const CREATE_VIEWS: readonly string[] = [...ASSETS, ...ASSET_SUMMARY, ...RECENT_ACTIVITY, ...ENTRY_LIVENESS];
