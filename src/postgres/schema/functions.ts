/** Functions for analysts. */
import { quoted } from './table-column.js';

/** Largest balance first; equal balances by holder, so that the answer is the same every time. */
const TOP_HOLDERS: readonly string[] = [
  `CREATE FUNCTION contract_data.get_top_contract_holders(contract text DEFAULT NULL, holders integer DEFAULT 10)
RETURNS TABLE (
  asset_contract_id text, asset_code text, asset_issuer text, rank bigint, balance_holder text, balance numeric,
  state text, share_percent numeric
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH held AS (
    SELECT b.contract_id, b.asset_contract_id, b.asset_code, b.asset_issuer, b.balance_holder, b.balance_i128, b.state,
      row_number() OVER (PARTITION BY b.contract_id ORDER BY b.balance_i128 DESC, b.balance_holder) AS position,
      sum(b.balance_i128) OVER (PARTITION BY b.contract_id) AS total
    FROM contract_data.current_states b
    WHERE b.balance_holder IS NOT NULL AND b.balance_i128 > 0 AND b.state <> 'deleted'
      AND (contract IS NULL OR b.contract_id = contract)
  )
  SELECT h.contract_id, coalesce(h.asset_code, a.asset_code), coalesce(h.asset_issuer, a.asset_issuer), h.position,
    h.balance_holder, h.balance_i128, h.state, round(100 * h.balance_i128 / h.total, 4)
  FROM held h LEFT JOIN contract_data.assets a ON a.asset_contract_id = h.contract_id
  WHERE h.position <= holders
    AND (contract IS NOT NULL OR h.asset_contract_id IS NOT NULL OR a.asset_contract_id IS NOT NULL)
  ORDER BY h.contract_id, h.position;
END`,
  `COMMENT ON FUNCTION contract_data.get_top_contract_holders(text, integer) IS ${quoted(
    'The contracts that hold most of an asset, or of every asset where none is given; archived balances are among them. ' +
      'balance is in base units, share_percent is of what all contracts hold. A contract that is no asset may be given too.',
  )}`,
];

/** What a holder has after each change. An eviction of a persistent balance archives it, and it stays what it was. */
const BALANCE_HISTORY: readonly string[] = [
  `CREATE FUNCTION contract_data.get_balance_history(
  contract text, holder text, from_ledger bigint DEFAULT 0, to_ledger bigint DEFAULT 4294967295
)
RETURNS TABLE (
  ledger_sequence bigint, change_index bigint, closed_at timestamptz, change_type text, balance numeric, change numeric,
  transaction_hash text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH known AS (
    SELECT e.ledger_sequence, e.change_index, e.closed_at, e.change_type, e.deleted, e.contract_durability,
      e.balance_i128, e.transaction_hash, count(e.balance_i128) OVER (ORDER BY e.ledger_sequence, e.change_index) AS last_known
    FROM contract_data.entries e
    WHERE e.contract_id = contract AND e.balance_holder = holder AND e.ledger_sequence <= to_ledger
  ),
  after AS (
    SELECT k.*,
      CASE
        WHEN NOT k.deleted THEN k.balance_i128
        WHEN k.change_type = 'evicted' AND k.contract_durability = 'ContractDataDurabilityPersistent'
          THEN max(k.balance_i128) OVER (PARTITION BY k.last_known)
        ELSE 0
      END AS balance_after
    FROM known k
  ),
  compared AS (
    SELECT a.*, a.balance_after - lag(a.balance_after) OVER (ORDER BY a.ledger_sequence, a.change_index) AS difference
    FROM after a
  )
  SELECT c.ledger_sequence, c.change_index, c.closed_at, c.change_type, c.balance_after, c.difference, c.transaction_hash
  FROM compared c WHERE c.ledger_sequence >= from_ledger
  ORDER BY c.ledger_sequence, c.change_index;
END`,
  `COMMENT ON FUNCTION contract_data.get_balance_history(text, text, bigint, bigint) IS ${quoted(
    'The balance of a holder in a contract after each change, in base units, with the difference from the one before; ' +
      'null where the history does not reach back.',
  )}`,
];

export const CREATE_FUNCTIONS: readonly string[] = [...TOP_HOLDERS, ...BALANCE_HISTORY];
