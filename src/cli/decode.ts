/** `decode FILE…`: ledger files to rows on stdout, without a server. */
import { availableParallelism } from 'node:os';
import { statSync } from 'node:fs';
import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readLedgerFile, type RawLedger } from '../input/ledger-file.js';
import { inOrder } from '../order/in-order.js';
import { type DecodePool, InlineDecodePool, ThreadDecodePool } from '../pool/decode-pool.js';
import { DEFAULT_NETWORK_PASSPHRASE, NETWORK_PASSPHRASES, networkPassphrase } from '../request/networks.js';
import { parseRowRequest, requestWarnings } from '../request/row-request.js';
import { BatchAssembler } from '../stream/batches.js';
import type { DecodeInput, DecodeResult } from '../../workers/decode-result.js';
import { ProcessorError } from '../../workers/errors.js';
import { CHANGE_TYPES, DURABILITIES, type DecodeRequest } from '../../workers/request.js';
import { batchWriter, columnKinds, FORMATS, type Format } from './output/writers.js';
import { Output } from './output/output.js';
import { DecodeProgress } from './progress.js';

const LEDGERS_PER_TASK = 8;
const BYTES_PER_TASK = 8 * 1024 * 1024;
const TASK_TIMEOUT_MS = 120_000;
/** Below this much input the start of threads costs more than they save. */
const THREADS_PAY_FROM_BYTES = 16 * 1024 * 1024;

interface DecodeFlags {
  readonly format: Format;
  readonly table: string;
  readonly columns?: string[];
  readonly networkPassphrase: string;
  readonly workers?: number;
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

const EXAMPLES = `
FILE is a LedgerCloseMeta, a LedgerCloseMetaBatch (a data lake object) or a framed stream of ledgers, each plain or
compressed with zstd or gzip; - is standard input. List options take commas and may be given again.

Examples:
  contract-data-processor decode --network-passphrase public ledger.xdr.zst | head
  contract-data-processor decode --format arrow FCD285FF--53312000.xdr.zst > rows.arrow
  contract-data-processor decode --columns default,val_decoded --contract-ids CAS3J7GY… ledgers.xdr
  contract-data-processor decode --table ttl --format csv - < ledgers.xdr.gz`;

export function decodeCommand(): Command {
  return new Command('decode')
    .description('Decode ledger files into rows on standard output')
    .argument('<file...>', 'ledger files, in this order; - for standard input')
    .addOption(new Option('--format <format>', 'output format').choices(FORMATS).default('jsonl'))
    .addOption(new Option('--table <table>', 'table').choices(['contract_data', 'ttl']).default('contract_data'))
    .option('--columns <names>', 'columns in output order; default and all are words', collect)
    .option(
      '--network-passphrase <passphrase>',
      `passphrase, or ${Object.keys(NETWORK_PASSPHRASES).join(', ')}`,
      DEFAULT_NETWORK_PASSPHRASE,
    )
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
    .option('--batch-size <rows>', 'most rows in a record batch; 0 is the default', wholeNumber, 0)
    .option('--workers <threads>', 'decode threads; 0 decodes in the main thread (default: by input size)', wholeNumber)
    .addHelpText('after', EXAMPLES)
    .action(decodeFiles);
}

async function decodeFiles(files: readonly string[], flags: DecodeFlags): Promise<void> {
  const request = requestOf(flags);
  for (const warning of requestWarnings(request)) process.stderr.write(`warning: ${warning}\n`);

  const threads = flags.workers ?? defaultThreads(files);
  const pool = openPool(threads);
  const writer = batchWriter(flags.format, request);
  const output = new Output(process.stdout);
  const progress = new DecodeProgress(process.stderr);
  const assembler = new BatchAssembler(columnKinds(request), request.batchRows);
  const write = async (batches: ReturnType<BatchAssembler['flush']>): Promise<void> => {
    for (const { message } of batches) if (message !== undefined) await output.write(...writer.batch(message));
  };

  try {
    await output.write(writer.head());
    const encodedRequest = JSON.stringify(request);
    const decode = (task: FileTask): Promise<FileResult> => decodeTask(pool, encodedRequest, task);
    for await (const { result, task } of inOrder(fileTasks(files), decode, 2 * threads + 1)) {
      for (const ledger of result.ledgers) {
        await write(assembler.add(ledger));
        progress.add(ledger);
      }
      if (result.error !== undefined) throw fileError(result, task);
    }
  } finally {
    // Rows before a failure were decoded: they are printed whatever comes after them.
    await write(assembler.flush());
    progress.end();
    await pool.close();
  }
  await output.write(writer.tail());
}

function requestOf(flags: DecodeFlags): DecodeRequest {
  const json = {
    table: flags.table,
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
  return parseRowRequest(json, networkPassphrase(flags.networkPassphrase));
}

/** Ledgers of one file, decoded together. */
interface FileTask {
  readonly file: string;
  readonly ledgers: readonly RawLedger[];
}

interface FileResult {
  readonly task: FileTask;
  readonly result: DecodeResult;
}

async function* fileTasks(files: readonly string[]): AsyncGenerator<FileTask, void, undefined> {
  for (const file of files) {
    let ledgers: RawLedger[] = [];
    let bytes = 0;
    try {
      for await (const ledger of readLedgerFile(file)) {
        if (ledgers.length > 0 && bytes + ledger.bytes.byteLength > BYTES_PER_TASK) {
          yield { file, ledgers };
          ledgers = [];
          bytes = 0;
        }
        ledgers.push(ledger);
        bytes += ledger.bytes.byteLength;
        if (ledgers.length === LEDGERS_PER_TASK) {
          yield { file, ledgers };
          ledgers = [];
          bytes = 0;
        }
      }
    } catch (error) {
      // What was read before the damage is decoded first.
      if (ledgers.length > 0) yield { file, ledgers };
      throw error;
    }
    if (ledgers.length > 0) yield { file, ledgers };
  }
}

async function decodeTask(pool: DecodePool, request: string, task: FileTask): Promise<FileResult> {
  const inputs = task.ledgers.map(({ bytes, sequence }): DecodeInput => ({
    bytes,
    form: 'ledger',
    ...(sequence !== undefined && { sequence }),
  }));
  const first = task.ledgers[0]!.index + 1;
  const what = `ledgers ${first} to ${first + inputs.length - 1} of ${task.file}`;
  return { task, result: await pool.run({ request, inputs }, what) };
}

function fileError(result: DecodeResult, task: FileTask): ProcessorError {
  const { code, message, place } = result.error!;
  return new ProcessorError(code, `${task.file}: ${message}`, { ...place, file: task.file });
}

function openPool(threads: number): DecodePool {
  if (threads > 0) {
    return new ThreadDecodePool({
      threads,
      maxBytesInFlight: 2 * threads * BYTES_PER_TASK,
      taskTimeoutMs: TASK_TIMEOUT_MS,
    });
  }
  return new InlineDecodePool();
}

function defaultThreads(files: readonly string[]): number {
  const bytes = files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  return bytes < THREADS_PAY_FROM_BYTES ? 0 : Math.max(1, availableParallelism() - 1);
}

function collect(value: string, before: string[] = []): string[] {
  const members = value.split(',').map((member) => member.trim());
  return [...before, ...members.filter((member) => member !== '')];
}

function wholeNumber(value: string): number {
  if (!/^\d{1,10}$/.test(value)) throw new InvalidArgumentError('A whole number expected.');
  return Number(value);
}

function flag(value: string): boolean {
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw new InvalidArgumentError('true or false expected.');
}
