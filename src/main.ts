#!/usr/bin/env node
/** The program: commands and their exit codes. 0 clean, 1 ours to report, 75 try again (sysexits.h EX_TEMPFAIL). */
import '../workers/v8-flags.js';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { backfillCommand } from './cli/backfill.js';
import { consumeCommand } from './cli/consume.js';
import { decodeCommand } from './cli/decode.js';
import { demoCommand } from './cli/demo.js';
import { printFailure } from './cli/failure.js';
import { flowctlDevCommand } from './cli/flowctl-dev.js';
import { replayCommand } from './cli/replay.js';
import { serveCommand } from './cli/serve.js';
import { simulateCommand } from './cli/simulate.js';
import { versionText } from './cli/version.js';

// Whoever reads the output may have seen enough, as with `| head`: a clean end, wherever the command stands.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.exit(printFailure(error));
});
// Nobody is left to be told what went wrong; the exit code still says that something did.
process.stderr.on('error', () => undefined);

const commands = [
  serveCommand(),
  decodeCommand(),
  backfillCommand(),
  consumeCommand(),
  simulateCommand(),
  replayCommand(),
  demoCommand(),
  flowctlDevCommand(),
];

const EXIT_CODES = `
Exit codes: 0 done, 1 an error that trying again does not mend, 75 one that it may (sysexits.h EX_TEMPFAIL), 130 stopped.
Colours and progress are for terminals; NO_COLOR turns colours off.`;

const program = new Command('contract-data-processor')
  .description('Stellar contract data as Arrow record batches')
  .version(versionText())
  .addHelpText('after', EXIT_CODES)
  // What stands behind the name of a command is that command's, also where it has commands of its own.
  .enablePositionalOptions()
  .exitOverride()
  .showHelpAfterError('(add --help for the options)');
for (const command of commands) {
  program.addCommand(command.exitOverride().showHelpAfterError('(add --help for the options)'), {
    isDefault: command.name() === 'serve',
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong already.
    process.exitCode = error.exitCode;
  } else {
    process.exitCode = printFailure(error);
  }
}
