/** What `backfill` and `backfill plan` are asked for, checked. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BACKFILL_BATCH_ROWS } from '../backfill/range-reader.js';
import { DEFAULT_RANGE_LEDGERS } from '../backfill/aligned-ranges.js';
import { FORMATS } from '../backfill/files/range-manifest.js';
import { ProcessorError } from '../../workers/errors.js';
import { type BadLedgerPolicy, type DecodeRequest, TABLE_NAMES, type TableName } from '../../workers/request.js';
import type { LedgerRange } from '../source/ledger-source.js';
import { addRowOptions, type RowFlags, rowRequest, tableOption, wholeNumber } from './row-options.js';

export const SINKS = [...FORMATS, 'postgres'] as const;
export type Sink = (typeof SINKS)[number];

export interface RangeFlags extends RowFlags {
  readonly start?: number;
  readonly end?: number;
  readonly rangeLedgers: number;
  readonly table?: TableName | typeof BOTH;
  readonly json?: true;
  readonly dryRun?: true;
}

/** Both tables, of objects that are fetched once. */
const BOTH = 'both';

const MAX_LEDGER = 2 ** 32 - 1;
const MAX_RANGE_LEDGERS = 1_000_000;

/** Adds what says which ledgers and rows are wanted. */
export function addRangeOptions(command: Command): Command {
  const meaning = 'which rows (default: contract_data; into PostgreSQL both)';
  const table = tableOption(meaning).choices([...TABLE_NAMES, BOTH]);
  return addRowOptions(
    command
      .option('--start <sequence>', 'first ledger', wholeNumber)
      .option('--end <sequence>', 'last ledger, inclusive', wholeNumber)
      .addOption(
        new Option('--range-ledgers <count>', 'ledgers of a range: ranges are cut at the multiples of this')
          .argParser(rangeLedgers)
          .default(DEFAULT_RANGE_LEDGERS),
      )
      .addOption(table),
  )
    .option('--dry-run', 'print what would be made, and end')
    .option('--json', 'print reports as JSON');
}

/** Throws REQUEST_INVALID. */
export function checkedRange({ start, end }: RangeFlags): LedgerRange {
  if (start === undefined || end === undefined) throw invalid('--start and --end: both expected');
  if (start < 1) throw invalid('--start: 1 or more expected, 0 found');
  if (end < start || end > MAX_LEDGER) throw invalid(`--end: ${start} to ${MAX_LEDGER} expected, ${end} found`);
  return { startLedger: start, endLedger: end };
}

/** The rows of each table that goes into files. */
export function fileRequests(flags: RangeFlags, network: string, onBadLedger: BadLedgerPolicy): DecodeRequest[] {
  const { table = 'contract_data' } = flags;
  if (table === BOTH && flags.columns !== undefined)
    throw invalid('--columns: of one table, none expected with --table both');
  return tablesOf(table).map((one) => {
    const asked = one === 'contract_data' || one === table ? flags : noFilters(flags);
    return { ...rowRequest(asked, one, network, BACKFILL_BATCH_ROWS), onBadLedger };
  });
}

/**
 * The rows of each table that goes into the database. Deletions are asked for by name, as a service does, so that rows
 * from it can go on where these end.
 */
export function databaseRequests(flags: RangeFlags, network: string, onBadLedger: BadLedgerPolicy): DecodeRequest[] {
  if (flags.columns !== undefined) throw invalid('--columns: the database has the default columns, none expected');
  return tablesOf(flags.table ?? BOTH).map((table) => {
    const { includeDeleted = true } = flags;
    const asked = table === flags.table || table === 'contract_data' ? flags : noFilters(flags);
    return { ...rowRequest({ ...asked, includeDeleted }, table, network, BACKFILL_BATCH_ROWS), onBadLedger };
  });
}

function tablesOf(table: TableName | typeof BOTH): readonly TableName[] {
  return table === BOTH ? TABLE_NAMES : [table];
}

/** Those of contract data mean nothing for entries' time to live. */
function noFilters({ batchSize, includeDeleted }: RowFlags): RowFlags {
  return {
    ...(includeDeleted !== undefined && { includeDeleted }),
    batchSize,
    compact: false,
    knownAssets: [],
    contractIds: [],
    assetCodes: [],
    assetIssuers: [],
    balanceHolders: [],
    keyTypes: [],
    durabilities: [],
    changeTypes: [],
  };
}

function rangeLedgers(value: string): number {
  const count = wholeNumber(value);
  if (count < 1 || count > MAX_RANGE_LEDGERS) throw new InvalidArgumentError(`1 to ${MAX_RANGE_LEDGERS} expected.`);
  return count;
}

function invalid(message: string): ProcessorError {
  return new ProcessorError('REQUEST_INVALID', message);
}
