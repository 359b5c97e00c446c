/** The options by which commands are told which rows and columns to make of ledgers. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseRowRequest } from '../request/row-request.js';
import { CHANGE_TYPES, DURABILITIES, type DecodeRequest, TABLE_NAMES } from '../../workers/request.js';

export interface RowFlags {
  readonly columns?: string[];
  readonly batchSize: number;
  readonly compact: boolean;
  readonly knownAssets: string[];
  readonly contractIds: string[];
  readonly assetCodes: string[];
  readonly assetIssuers: string[];
  readonly balanceHolders: string[];
  readonly minBalance?: string;
  readonly modifiedAfterLedger?: number;
  readonly keyTypes: string[];
  readonly durabilities: string[];
  readonly changeTypes: string[];
  readonly changedOnly?: boolean;
  readonly includeDeleted?: boolean;
}

/** `--table`, which commands describe in their own words. */
export function tableOption(meaning: string): Option {
  return new Option('--table <table>', meaning).choices(TABLE_NAMES);
}

export function addRowOptions(command: Command): Command {
  return command
    .option('--columns <names>', 'columns in output order; default and all are words', collect)
    .option('--contract-ids <ids>', 'rows of these contracts (C…)', collect, [])
    .option('--asset-codes <codes>', 'rows that carry an asset with one of these codes', collect, [])
    .option('--asset-issuers <accounts>', 'rows that carry an asset of one of these issuers (G…)', collect, [])
    .option('--balance-holders <ids>', 'balances of these contracts (C…)', collect, [])
    .option('--min-balance <amount>', 'balances of at least this, in base units')
    .option('--modified-after-ledger <sequence>', 'rows of ledgers after this', wholeNumber)
    .option('--key-types <names>', 'rows with these key types (for example ScValTypeScvVec)', collect, [])
    .option('--durabilities <names>', `rows with these durabilities (${DURABILITIES.join(', ')})`, collect, [])
    .option('--change-types <names>', `rows with these change types (${CHANGE_TYPES.join(', ')})`, collect, [])
    .option('--changed-only', 'leave out updates that rewrite the same value')
    .option('--include-deleted [boolean]', 'removed and evicted rows (default: true)', flag)
    .option('--no-include-deleted', 'leave removed and evicted rows out')
    .option('--known-assets <assets>', 'CODE:ISSUER of assets whose balances are to carry them', collect, [])
    .option('--compact', 'one row per key and ledger: the net change', false)
    .option('--batch-size <rows>', 'most rows in a record batch; 0 is the default', wholeNumber, 0);
}

/** Throws REQUEST_INVALID. `batchRows` stands in for a --batch-size of 0. */
export function rowRequest(
  flags: RowFlags,
  table: string,
  networkPassphrase: string,
  batchRows?: number,
): DecodeRequest {
  const json = {
    table,
    columns: flags.columns,
    batch_size: flags.batchSize,
    compact: flags.compact,
    known_assets: flags.knownAssets,
    filters: {
      contract_ids: flags.contractIds,
      asset_codes: flags.assetCodes,
      asset_issuers: flags.assetIssuers,
      balance_holders: flags.balanceHolders,
      min_balance: flags.minBalance,
      modified_after_ledger: flags.modifiedAfterLedger,
      key_types: flags.keyTypes,
      durabilities: flags.durabilities,
      change_types: flags.changeTypes,
      changed_only: flags.changedOnly,
      include_deleted: flags.includeDeleted,
    },
  };
  return parseRowRequest(json, networkPassphrase, batchRows);
}

export function wholeNumber(value: string): number {
  if (!/^\d{1,10}$/.test(value)) throw new InvalidArgumentError('A whole number expected.');
  return Number(value);
}

function collect(value: string, before: string[] = []): string[] {
  const members = value.split(',').map((member) => member.trim());
  return [...before, ...members.filter((member) => member !== '')];
}

function flag(value: string): boolean {
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw new InvalidArgumentError('true or false expected.');
}
