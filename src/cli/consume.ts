/** `consume`: rows from a Flight service into PostgreSQL. */
import process from 'node:process';
import { Command } from 'commander';
import { loadConsumeConfig } from '../config/consume-config.js';
import { CONSUME_SETTINGS } from '../config/consume-settings.js';
import { effectiveSettings, effectiveText } from '../config/effective-settings.js';
import { addSettingOptions, flagValues } from '../config/options.js';
import { startConsumer } from '../consumer/consume-service.js';
import { createLogger } from '../ops/logger.js';
import { Shutdown } from '../ops/shutdown.js';
import { ConsumeProgress, printConsumed } from './consume-progress.js';
import { printFailure } from './failure.js';
import { programVersion } from './version.js';

const EXAMPLES = `
Each option can be given as an environment variable or in the file, too: see docs/configuration.md and docs/consumer.md.
With --end-ledger it ends when that ledger is committed; without, it follows the network. Started again, it goes on where
it ended. Exits with 0 when all is loaded or it was told to stop, 75 where trying again later may help, 1 otherwise.

Examples:
  contract-data-processor consume --start-ledger 53312000 --database-url postgres://me@localhost/stellar
  contract-data-processor consume --start-ledger 1 --end-ledger 100000 --partitions 4 --defer-indexes
  contract-data-processor consume --flight-path contract/data
  DB_HOST=db DB_PASSWORD=… FLIGHT_ENDPOINT=processor:8816 contract-data-processor consume`;

export function consumeCommand(): Command {
  const command = addSettingOptions(
    new Command('consume').description('Load rows from a Flight service into PostgreSQL'),
    CONSUME_SETTINGS,
  );
  return command
    .option('--print-config', 'print the configuration and where each value comes from, then exit')
    .addHelpText('after', EXAMPLES)
    .action(() => consume(command));
}

async function consume(command: Command): Promise<void> {
  const { config: file, printConfig } = command.opts<{ config?: string; printConfig?: true }>();
  const read = loadConsumeConfig({ flags: flagValues(command, CONSUME_SETTINGS), env: process.env, file });
  if (printConfig) {
    process.stdout.write(effectiveText(effectiveSettings(CONSUME_SETTINGS, read)));
    return;
  }
  const config = read.values;
  const progress = new ConsumeProgress(process.stderr);
  const logger = createLogger({
    level: config.logLevel,
    debug: config.debug,
    ...(process.stderr.isTTY && { output: { write: (line) => progress.log(line) } }),
  });
  for (const warning of read.warnings) logger.warn(warning);
  const shutdown = new Shutdown({ timeoutMs: config.shutdownTimeoutMs, logger, exit: (code) => process.exit(code) });
  shutdown.listen(process);
  const consumer = await startConsumer(config, programVersion(), logger, shutdown).catch((error: unknown) =>
    process.exit(printFailure(error)),
  );
  progress.follow(consumer.stats);
  let exitCode = 0;
  let reason = 'all is loaded';
  try {
    const end = await consumer.ended;
    progress.end();
    printConsumed(process.stdout, end, consumer.stats());
    if (end !== 'complete') reason = end;
  } catch (error) {
    progress.end();
    exitCode = printFailure(error);
    reason = 'the consumer failed';
  }
  await shutdown.begin(reason, exitCode);
}
