/** `decode FILE…`: ledger files to rows on stdout, without a server. */
import process from 'node:process';
import { Command, Option } from 'commander';
import { inOrder } from '../order/in-order.js';
import { DEFAULT_NETWORK_PASSPHRASE, NETWORK_PASSPHRASES, networkPassphrase } from '../request/networks.js';
import { requestWarnings } from '../request/row-request.js';
import { BatchAssembler } from '../stream/batches.js';
import type { DecodeResult } from '../../workers/decode-result.js';
import { ProcessorError } from '../../workers/errors.js';
import { wholeBatch } from '../../workers/ipc.js';
import type { DecodeRequest } from '../../workers/request.js';
import { isLakeUrl } from '../lake/lake-url.js';
import type { LedgerRange } from '../source/ledger-source.js';
import { type InputTask, type OpenedInput, openFiles } from './decode-files.js';
import { openLakeRange } from './decode-lake.js';
import { batchWriter, columnKinds, FORMATS, type Format } from './output/writers.js';
import { Output } from './output/output.js';
import { DecodeProgress } from './progress.js';
import { addRowOptions, type RowFlags, rowRequest, tableOption, wholeNumber } from './row-options.js';

interface DecodeFlags extends RowFlags {
  readonly format: Format;
  readonly table: string;
  readonly networkPassphrase: string;
  readonly workers?: number;
  readonly start?: number;
  readonly end?: number;
}

const EXAMPLES = `
FILE is a LedgerCloseMeta, a LedgerCloseMetaBatch (a data lake object) or a framed stream of ledgers, each plain or
compressed with zstd or gzip; - is standard input. In the place of files may stand one data lake, as file://DIR,
s3://BUCKET/PREFIX or gs://BUCKET/PREFIX, with --start and --end. List options take commas and may be given again.

Examples:
  contract-data-processor decode --network-passphrase public ledger.xdr.zst | head
  contract-data-processor decode --format arrow FCD285FF--53312000.xdr.zst > rows.arrow
  contract-data-processor decode --columns default,val_decoded --contract-ids CAS3J7GY… ledgers.xdr
  contract-data-processor decode --table ttl --format csv - < ledgers.xdr.gz
  contract-data-processor decode file://./lake --start 1 --end 100`;

export function decodeCommand(): Command {
  const command = new Command('decode')
    .description('Decode ledger files into rows on standard output')
    .argument('<file...>', 'ledger files, in this order; - for standard input; or a data lake')
    .addOption(new Option('--format <format>', 'output format').choices(FORMATS).default('jsonl'))
    .addOption(tableOption('table').default('contract_data'))
    .option(
      '--network-passphrase <passphrase>',
      `passphrase, or ${Object.keys(NETWORK_PASSPHRASES).join(', ')}`,
      DEFAULT_NETWORK_PASSPHRASE,
    );
  return addRowOptions(command)
    .option('--workers <threads>', 'decode threads; 0 decodes in the main thread (default: by input size)', wholeNumber)
    .option('--start <sequence>', 'first ledger, of a data lake', wholeNumber)
    .option('--end <sequence>', 'last ledger, of a data lake', wholeNumber)
    .addHelpText('after', EXAMPLES)
    .action(decodeFiles);
}

async function decodeFiles(files: readonly string[], flags: DecodeFlags): Promise<void> {
  const request = rowRequest(flags, flags.table, networkPassphrase(flags.networkPassphrase));
  for (const warning of requestWarnings(request)) process.stderr.write(`warning: ${warning}\n`);

  const input = await openDecodeInput(files, flags, request);
  const writer = batchWriter(flags.format, request);
  const output = new Output(process.stdout);
  const progress = new DecodeProgress(process.stderr);
  const assembler = new BatchAssembler(columnKinds(request), request.batchRows);
  const write = async (batches: ReturnType<BatchAssembler['flush']>): Promise<void> => {
    for (const { message } of batches)
      if (message !== undefined) await output.write(...writer.batch(wholeBatch(message)));
  };

  try {
    await output.write(writer.head());
    const encodedRequest = JSON.stringify(request);
    const decode = async (task: InputTask): Promise<{ task: InputTask; result: DecodeResult }> => {
      const { inputs, what } = task;
      return { task, result: await input.pool.run({ request: encodedRequest, inputs }, what) };
    };
    for await (const { result, task } of inOrder(input.tasks, decode, input.lookAhead)) {
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
    await input.close();
  }
  await output.write(writer.tail());
}

async function openDecodeInput(
  paths: readonly string[],
  flags: DecodeFlags,
  { networkPassphrase: passphrase }: DecodeRequest,
): Promise<OpenedInput> {
  const [path, ...others] = paths;
  const isLake = paths.some(isLakeUrl);
  if (!isLake && (flags.start !== undefined || flags.end !== undefined)) {
    throw new ProcessorError('REQUEST_INVALID', '--start and --end are for data lakes; files are decoded whole');
  }
  if (!isLake) return openFiles(paths, flags.workers);
  if (path === undefined || others.length > 0) {
    throw new ProcessorError('REQUEST_INVALID', 'one data lake alone expected, found others beside it');
  }
  return await openLakeRange(path, checkedRange(flags), passphrase, flags.workers);
}

function checkedRange(flags: DecodeFlags): LedgerRange {
  const { start: startLedger, end: endLedger } = flags;
  if (startLedger === undefined || endLedger === undefined) {
    throw new ProcessorError('REQUEST_INVALID', 'a data lake is decoded from --start to --end: both expected');
  }
  if (startLedger < 1 || endLedger < startLedger) {
    throw new ProcessorError('REQUEST_INVALID', `--end: ${startLedger} or more expected, ${endLedger} found`);
  }
  return { startLedger, endLedger };
}

function fileError(result: DecodeResult, task: InputTask): ProcessorError {
  const { code, message, place } = result.error!;
  // An object of a data lake names itself.
  if (place.file !== undefined) return ProcessorError.fromPlain(result.error!);
  return new ProcessorError(code, `${task.file}: ${message}`, { ...place, file: task.file });
}
