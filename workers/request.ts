/**
 * What to make of ledgers: a table, its columns, filters and limits, as plain values that cross to worker threads.
 * Requests are validated where they enter the program; workers trust them.
 */

export const TABLE_NAMES = ['contract_data', 'ttl'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

export type ChangeType = 'created' | 'updated' | 'removed' | 'restored' | 'evicted';
export const CHANGE_TYPES: readonly ChangeType[] = ['created', 'updated', 'removed', 'restored', 'evicted'];

/** `contract_durability`, in the order of ContractDataDurability's members. */
export const DURABILITIES = ['ContractDataDurabilityTemporary', 'ContractDataDurabilityPersistent'] as const;
export type Durability = (typeof DURABILITIES)[number];

/** A credit asset known by name, so that its contract's balances can be told: its contract id derives from it. */
export interface KnownAsset {
  readonly code: string;
  /** `G…` strkey. */
  readonly issuer: string;
}

/**
 * Which rows pass. Within a list any member passes, every filter given must pass. An absent list filters nothing.
 * Removed and evicted rows pass each holder and asset filter that their key or contract id matches, so that no deletion
 * is lost to a filter which its creation passed.
 */
export interface RowFilters {
  /** `C…` strkeys. */
  readonly contractIds?: readonly string[];
  /** Codes as issued; `native` selects the native asset. */
  readonly assetCodes?: readonly string[];
  /** `G…` strkeys. */
  readonly assetIssuers?: readonly string[];
  /** `C…` strkeys. */
  readonly balanceHolders?: readonly string[];
  /** Decimal i128 in base units: rows with a balance of at least this. Never drops a deletion. */
  readonly minBalance?: string;
  /** Rows of ledgers after this sequence. */
  readonly modifiedAfterLedger?: number;
  /** Names as in `contract_key_type`. */
  readonly keyTypes?: readonly string[];
  readonly durabilities?: readonly Durability[];
  readonly changeTypes?: readonly ChangeType[];
  /** Drops updated rows that rewrite the same value. */
  readonly changedOnly?: boolean;
  /** false drops removed and evicted rows. Default true. */
  readonly includeDeleted?: boolean;
}

/** What ledgers that cannot be read, or had, do: end the stream, or be set aside with the gap announced. */
export const BAD_LEDGER_POLICIES = ['fail', 'quarantine'] as const;
export type BadLedgerPolicy = (typeof BAD_LEDGER_POLICIES)[number];

export interface DecodeRequest {
  readonly table: TableName;
  readonly networkPassphrase: string;
  /** Column names in output order. */
  readonly columns: readonly string[];
  readonly filters: RowFilters;
  /** Beside every code × issuer of the filters. */
  readonly knownAssets: readonly KnownAsset[];
  /** One row per key and ledger: the net change. Table contract_data only. */
  readonly compact: boolean;
  /** Most rows in one block. */
  readonly batchRows: number;
  /** `signed` gives uint32 columns as int64, for readers that refuse unsigned integers. */
  readonly intTypes: 'unsigned' | 'signed';
  readonly onBadLedger: BadLedgerPolicy;
}
