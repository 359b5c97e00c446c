/** `backfill`: ranges of a data lake into files or PostgreSQL, on this machine or with others. */
import process from 'node:process';
import { Command, Option } from 'commander';
import { alignedRanges } from '../backfill/aligned-ranges.js';
import { openPlanSession, type PlanSession } from '../backfill/queue/plan-session.js';
import { type PlanStatus, statusText } from '../backfill/queue/status.js';
import { type BackfillReport, reportText } from '../backfill/report.js';
import { loadBackfillConfig } from '../config/backfill-config.js';
import { BACKFILL_SETTINGS, type BackfillConfig } from '../config/backfill-settings.js';
import { addSettingOptions, flagValues } from '../config/options.js';
import type { LakeAddress } from '../lake/lake-url.js';
import { createLogger } from '../ops/logger.js';
import { ProcessorError } from '../../workers/errors.js';
import {
  backfillIntoDatabase,
  type BackfillIntoDatabase,
  backfillStatus,
  planBackfill,
  type Telling,
  workOnBackfill,
} from './backfill-database.js';
import { backfillIntoFiles, type BackfillIntoFiles, planFiles } from './backfill-files.js';
import {
  addRangeOptions,
  checkedRange,
  databaseRequests,
  fileRequests,
  type RangeFlags,
  type Sink,
  SINKS,
} from './backfill-options.js';
import { BackfillProgress } from './backfill-progress.js';

interface BackfillFlags extends RangeFlags {
  readonly sink: Sink;
  readonly out?: string;
}

interface CommonFlags {
  readonly config?: string;
  readonly json?: true;
}

const EXIT_STOPPED = 130;

const EXAMPLES = `
A range that is there is not made again: after a stop, run the same command. Exits with 0 when all ranges are made, 1 when
one failed, 130 when it was stopped. Several machines share a backfill into PostgreSQL by plan, work and status.

Examples:
  contract-data-processor backfill --source file://./lake --start 1 --end 5000 --sink parquet --out ./rows
  contract-data-processor backfill --source 's3://aws-public-blockchain/v1.1/stellar/ledgers/pubnet?region=us-east-2' \\
    --network-passphrase public --start 50457424 --end 50463999 --out ./rows
  contract-data-processor backfill --source file://./lake --start 1 --end 5000 --sink postgres \\
    --database-url postgres://me@localhost/stellar`;

export function backfillCommand(): Command {
  const command = new Command('backfill')
    .description('Load ranges of a data lake into Parquet, Arrow or PostgreSQL')
    .enablePositionalOptions()
    .addOption(new Option('--sink <sink>', 'what to make').choices(SINKS).default('parquet'))
    .option('--out <directory>', 'folder for the files of arrow and parquet');
  addSettingOptions(addRangeOptions(command), BACKFILL_SETTINGS);
  command.addHelpText('after', EXAMPLES).action(() => run(command, (running) => backfill(command.opts(), running)));
  for (const sub of [planCommand(), workCommand(), statusCommand()]) {
    command.addCommand(sub.exitOverride().showHelpAfterError('(add --help for the options)'));
  }
  return command;
}

function planCommand(): Command {
  const command = new Command('plan').description('Put the ranges of a backfill into the queue of a database');
  addSettingOptions(addRangeOptions(command), BACKFILL_SETTINGS);
  return command.action(() => run(command, (running) => plan(command.opts(), running)));
}

function workCommand(): Command {
  const command = new Command('work').description('Load ranges from that queue until none is left; on any machine');
  command.option('--json', 'print the status behind it as JSON');
  addSettingOptions(command, BACKFILL_SETTINGS);
  return command.action(() => run(command, (running) => workOn(command.opts(), running)));
}

function statusCommand(): Command {
  const command = new Command('status').description('Show how far a planned backfill is');
  command.option('--json', 'print it as JSON');
  addSettingOptions(command, BACKFILL_SETTINGS);
  return command.action(() => run(command, (running) => status(command.opts(), running)));
}

interface Running {
  readonly config: BackfillConfig;
  readonly telling: Telling;
  readonly signal: AbortSignal;
}

async function run(command: Command, act: (running: Running) => Promise<void>): Promise<void> {
  const flags = command.opts<CommonFlags>();
  const { values: config, warnings } = loadBackfillConfig({
    flags: flagValues(command, BACKFILL_SETTINGS),
    env: process.env,
    file: flags.config,
  });
  const progress = new BackfillProgress(process.stderr);
  const output = { write: (line: string) => progress.log(line) };
  const logger = createLogger({ level: config.logLevel, debug: config.debug, output });
  for (const warning of warnings) logger.warn(warning);
  const stop = new AbortController();
  // The second one ends the process at once, as signals do without a listener.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  try {
    await act({ config, telling: { progress, logger }, signal: stop.signal });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('stopped; started again, it goes on from here\n');
    process.exitCode = EXIT_STOPPED;
  }
}

async function backfill(flags: BackfillFlags, { config, telling, signal }: Running): Promise<void> {
  if (flags.sink === 'postgres') {
    const wanted = databaseWanted(flags, config);
    if (flags.dryRun) {
      printDryRun(wanted.ranges.length, 0, wanted);
      return;
    }
    await withSession(config, async (session) => {
      printReport(await backfillIntoDatabase(wanted, config, session, telling, signal), flags);
    });
    return;
  }
  const wanted = filesWanted(flags, flags.sink, config);
  if (flags.dryRun) {
    const { missing, ranges } = await planFiles(wanted);
    printDryRun(missing.length, ranges.length - missing.length, wanted);
    return;
  }
  printReport(await backfillIntoFiles(wanted, config, telling.progress, telling.logger, signal), flags);
}

async function plan(flags: RangeFlags, { config, telling, signal }: Running): Promise<void> {
  const wanted = databaseWanted(flags, config);
  if (flags.dryRun) {
    printDryRun(wanted.ranges.length, 0, wanted);
    return;
  }
  await withSession(config, async (session) => {
    const planned = await planBackfill(wanted, config, session, telling, signal);
    const { added, triedAgain } = planned;
    const before = wanted.ranges.length - added;
    const text = `${added} ranges planned, ${before} were there; ${triedAgain} that had failed are tried again\n`;
    process.stdout.write(flags.json ? `${JSON.stringify({ plan: session.plan, ...planned, found: before })}\n` : text);
  });
}

async function workOn({ json }: CommonFlags, { config, telling, signal }: Running): Promise<void> {
  await withSession(config, async (session) => {
    await workOnBackfill(config, session, telling, signal);
    const { failed } = await printStatus(session, json, signal);
    if (failed.length > 0) process.exitCode = 1;
  });
}

async function status({ json }: CommonFlags, { config, signal }: Running): Promise<void> {
  await withSession(config, async (session) => {
    await printStatus(session, json, signal);
  });
}

async function printStatus(session: PlanSession, json: true | undefined, signal: AbortSignal): Promise<PlanStatus> {
  const found = await backfillStatus(session, signal);
  process.stdout.write(json ? `${JSON.stringify(found, undefined, 2)}\n` : statusText(found));
  return found;
}

function printReport(report: BackfillReport, { json }: CommonFlags): void {
  process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report));
  if (report.failed.length > 0) process.exitCode = 1;
}

function printDryRun(missing: number, found: number, { range }: BackfillIntoFiles | BackfillIntoDatabase): void {
  const { startLedger, endLedger } = range;
  process.stdout.write(
    `ledgers ${startLedger} to ${endLedger}: ${missing + found} ranges, ${found} of them there, ${missing} to make\n`,
  );
}

async function withSession(config: BackfillConfig, act: (session: PlanSession) => Promise<void>): Promise<void> {
  const session = openPlanSession(config);
  try {
    await act(session);
  } finally {
    await session.close();
  }
}

function filesWanted(
  flags: BackfillFlags,
  format: BackfillIntoFiles['format'],
  config: BackfillConfig,
): BackfillIntoFiles {
  const { out: directory, rangeLedgers } = flags;
  if (directory === undefined)
    throw new ProcessorError('REQUEST_INVALID', `--out: a folder expected for --sink ${format}`);
  const requests = fileRequests(flags, config.networkPassphrase, config.onBadLedger);
  return { source: lakeOf(config), range: checkedRange(flags), rangeLedgers, requests, format, directory };
}

function databaseWanted(flags: RangeFlags, config: BackfillConfig): BackfillIntoDatabase {
  const range = checkedRange(flags);
  return {
    source: lakeOf(config),
    range,
    ranges: alignedRanges(range.startLedger, range.endLedger, flags.rangeLedgers),
    requests: databaseRequests(flags, config.networkPassphrase, config.onBadLedger),
  };
}

function lakeOf({ source }: BackfillConfig): LakeAddress {
  if (source?.kind === 'lake') return source.lake;
  throw new ProcessorError('CONFIG_INVALID', 'SOURCE: a data lake expected (file://, s3:// or gs://), none given');
}
