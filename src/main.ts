#!/usr/bin/env node
/** The program: commands and their exit codes. 0 clean, 1 ours to report, 75 try again (sysexits.h EX_TEMPFAIL). */
import '../workers/v8-flags.js';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { printFailure } from './cli/failure.js';
import { versionText } from './cli/version.js';

/** Each is loaded when it is called for: with all the others it starts up to a fifth of a second later. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./cli/serve.js')).serveCommand(),
  decode: async () => (await import('./cli/decode.js')).decodeCommand(),
  backfill: async () => (await import('./cli/backfill.js')).backfillCommand(),
  consume: async () => (await import('./cli/consume.js')).consumeCommand(),
  simulate: async () => (await import('./cli/simulate.js')).simulateCommand(),
  replay: async () => (await import('./cli/replay.js')).replayCommand(),
  demo: async () => (await import('./cli/demo.js')).demoCommand(),
  'flowctl-dev': async () => (await import('./cli/flowctl-dev.js')).flowctlDevCommand(),
};
const DEFAULT_COMMAND = 'serve';

// Whoever reads the output may have seen enough, as with `| head`: a clean end, wherever the command stands.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.exit(printFailure(error));
});
// Nobody is left to be told what went wrong; the exit code still says that something did.
process.stderr.on('error', () => undefined);

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

try {
  for (const name of calledFor(process.argv[2])) {
    const command = await COMMANDS[name]!();
    program.addCommand(command.exitOverride().showHelpAfterError('(add --help for the options)'), {
      isDefault: name === DEFAULT_COMMAND,
    });
  }
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong already.
    process.exitCode = error.exitCode;
  } else {
    process.exitCode = printFailure(error);
  }
}

/** The commands that a first word is about: all, where it is none of theirs. */
function calledFor(word = DEFAULT_COMMAND): readonly string[] {
  if (Object.hasOwn(COMMANDS, word)) return [word];
  return ['--version', '-V'].includes(word) ? [] : Object.keys(COMMANDS);
}
