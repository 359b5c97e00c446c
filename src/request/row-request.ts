/**
 * The part of a request that says which rows and columns are wanted, from JSON as tickets carry it and flags spell it.
 * Everything is checked here, once; what comes out cannot be wrong inside. Errors are REQUEST_INVALID and name the key.
 */
import { z } from 'zod';
import { defaultColumnNames, TABLES } from '../../workers/columns/tables.js';
import { ProcessorError } from '../../workers/errors.js';
import {
  BAD_LEDGER_POLICIES,
  CHANGE_TYPES,
  DURABILITIES,
  type DecodeRequest,
  type KnownAsset,
  type RowFilters,
  type TableName,
  TABLE_NAMES,
} from '../../workers/request.js';
import { knownAssetsOf, NATIVE_CODE } from '../../workers/rows/known-assets.js';
import { KEY_TYPES } from '../../workers/rows/names.js';
import { parseAccountStrKey, parseContractStrKey } from '../../workers/text/strkey.js';

export const DEFAULT_BATCH_ROWS = 1000;
const MAX_BATCH_ROWS = 1_000_000;
const MAX_LEDGER = 2 ** 32 - 1;
const MIN_I128 = -(2n ** 127n);
const MAX_I128 = 2n ** 127n - 1n;

const shown = (value: unknown): string => JSON.stringify(value);

const checked = (isValid: (text: string) => boolean, what: string) =>
  z.string().refine(isValid, { error: (issue) => `${what} expected, ${shown(issue.input)} found` });

const oneOf = (names: readonly string[]) => checked((text) => names.includes(text), `one of ${names.join(', ')}`);

/** An empty list filters nothing, as an absent one. */
const list = (member: z.ZodType<string>) =>
  z
    .array(member)
    .transform((members) => (members.length === 0 ? undefined : members))
    .optional();

const contractId = checked((text) => parseContractStrKey(text) !== undefined, 'a contract id (C… strkey)');
const account = checked((text) => parseAccountStrKey(text) !== undefined, 'an account (G… strkey)');
const assetCode = checked(isAssetCode, 'an asset code of 1 to 12 letters and digits');
const ledger = z.int().min(0).max(MAX_LEDGER);
const minBalance = checked(isInt128, 'a decimal 128-bit integer in a string');

const knownAsset = z
  .string()
  .refine((text) => parseKnownAsset(text) !== undefined, {
    error: (issue) => `CODE:ISSUER expected (for example USDC:G…), ${shown(issue.input)} found`,
  })
  .transform((text) => parseKnownAsset(text)!);

const filtersSchema = z.strictObject({
  contract_ids: list(contractId),
  asset_codes: list(assetCode),
  asset_issuers: list(account),
  balance_holders: list(contractId),
  min_balance: minBalance.optional(),
  modified_after_ledger: ledger.optional(),
  key_types: list(oneOf(KEY_TYPES)),
  durabilities: list(oneOf(DURABILITIES)),
  change_types: list(oneOf(CHANGE_TYPES)),
  changed_only: z.boolean().optional(),
  include_deleted: z.boolean().optional(),
});

/** Keys of a request that select rows and columns. */
export const rowRequestShape = {
  table: z.enum(TABLE_NAMES).default('contract_data'),
  filters: filtersSchema.default({}),
  columns: z.array(z.string()).optional(),
  /** Most rows a batch; 0 is the default. */
  batch_size: z.int().min(0).max(MAX_BATCH_ROWS).default(0),
  compact: z.boolean().default(false),
  known_assets: z.array(knownAsset).default([]),
  int_types: z.enum(['unsigned', 'signed']).default('unsigned'),
  on_bad_ledger: z.enum(BAD_LEDGER_POLICIES).default('fail'),
} as const;

const rowRequestSchema = z.strictObject(rowRequestShape);
export type RowRequest = z.output<typeof rowRequestSchema>;

/** Filters of the contract_data table that mean nothing for TTL entries. */
const TTL_FILTERS = new Set(['change_types', 'include_deleted', 'modified_after_ledger']);

/** A checked request from its JSON. `batchRows` stands in for a batch_size of 0. */
export function parseRowRequest(json: unknown, passphrase: string, batchRows = DEFAULT_BATCH_ROWS): DecodeRequest {
  const parsed = rowRequestSchema.safeParse(json);
  if (!parsed.success) throw requestInvalid(parsed.error);
  return decodeRequest(parsed.data, passphrase, batchRows);
}

/** The decode request that checked row-request keys stand for. */
export function decodeRequest(row: RowRequest, passphrase: string, batchRows: number): DecodeRequest {
  if (row.table === 'ttl') refuseContractDataKeys(row);
  return {
    table: row.table,
    networkPassphrase: passphrase,
    columns: columnNames(row.table, row.columns),
    filters: rowFilters(row.filters),
    knownAssets: row.known_assets,
    compact: row.compact,
    batchRows: row.batch_size === 0 ? batchRows : row.batch_size,
    intTypes: row.int_types,
    onBadLedger: row.on_bad_ledger,
  };
}

/**
 * What a requester should know though the request is valid: an asset code alone selects balances only of assets whose
 * issuer is known.
 */
export function requestWarnings(request: DecodeRequest): string[] {
  const known = new Set(knownAssetsOf(request.knownAssets, request.filters).map((asset) => asset.code));
  return (request.filters.assetCodes ?? [])
    .filter((code) => code !== NATIVE_CODE && !known.has(code))
    .map(
      (code) =>
        `no asset with code ${code} is known (name its issuer, or a known asset): ` +
        'only the instances of such assets pass the filter, not their balances',
    );
}

/** `filters.contract_ids[0]` of a path of keys and indexes. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** Where a fault is: of an unknown key, that key. */
function keyOf(issue: z.core.$ZodIssue): string {
  const own = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return pathText([...issue.path, ...own]);
}

/** All faults of a request in one error. */
export function requestInvalid(error: z.ZodError): ProcessorError {
  const faults = error.issues.map((issue) => {
    const place = pathText(issue.path);
    return place === '' ? issue.message : `${place}: ${issue.message}`;
  });
  const first = error.issues[0];
  return new ProcessorError('REQUEST_INVALID', faults.join('; '), first === undefined ? {} : { key: keyOf(first) });
}

function columnNames(table: TableName, asked: readonly string[] | undefined): string[] {
  const all = TABLES[table].map((column) => column.name);
  if (asked === undefined) return defaultColumnNames(table);
  const names = asked.flatMap((word) => {
    if (word === 'all') return all;
    if (word === 'default') return defaultColumnNames(table);
    if (all.includes(word)) return [word];
    const message = `columns: the table ${table} has no column ${shown(word)}; it has ${all.join(', ')}`;
    throw new ProcessorError('REQUEST_INVALID', message, { key: 'columns' });
  });
  if (names.length === 0)
    throw new ProcessorError('REQUEST_INVALID', 'columns: at least one expected', { key: 'columns' });
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ProcessorError('REQUEST_INVALID', `columns: ${twice} is given twice`, { key: 'columns' });
  }
  return names;
}

function refuseContractDataKeys(row: RowRequest): void {
  const filter = Object.entries(row.filters).find(([key, value]) => value !== undefined && !TTL_FILTERS.has(key))?.[0];
  const key = filter === undefined ? (row.compact ? 'compact' : undefined) : `filters.${filter}`;
  if (key === undefined) return;
  throw new ProcessorError('REQUEST_INVALID', `${key}: does not apply to the table ttl`, { key });
}

function rowFilters(filters: z.output<typeof filtersSchema>): RowFilters {
  const entries: [keyof RowFilters, unknown][] = [
    ['contractIds', filters.contract_ids],
    ['assetCodes', filters.asset_codes],
    ['assetIssuers', filters.asset_issuers],
    ['balanceHolders', filters.balance_holders],
    ['minBalance', filters.min_balance],
    ['modifiedAfterLedger', filters.modified_after_ledger],
    ['keyTypes', filters.key_types],
    ['durabilities', filters.durabilities],
    ['changeTypes', filters.change_types],
    ['changedOnly', filters.changed_only],
    ['includeDeleted', filters.include_deleted],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function parseKnownAsset(text: string): KnownAsset | undefined {
  const [code, issuer, ...rest] = text.split(':');
  const isValid = rest.length === 0 && isAssetCode(code ?? '') && parseAccountStrKey(issuer ?? '') !== undefined;
  return isValid ? { code: code!, issuer: issuer! } : undefined;
}

function isAssetCode(text: string): boolean {
  return /^[A-Za-z0-9]{1,12}$/.test(text);
}

function isInt128(text: string): boolean {
  if (!/^-?\d{1,39}$/.test(text)) return false;
  const value = BigInt(text);
  return value >= MIN_I128 && value <= MAX_I128;
}
