#!/usr/bin/env node
/** The program: commands and their exit codes. 0 clean, 1 ours to report, 75 try again (sysexits.h EX_TEMPFAIL). */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { decodeCommand } from './cli/decode.js';
import { asProcessorError } from '../workers/errors.js';

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

const program = new Command('contract-data-processor')
  .description('Stellar contract data as Arrow record batches')
  .version(version())
  .exitOverride()
  .showHelpAfterError('(add --help for the options)')
  .addCommand(decodeCommand().exitOverride().showHelpAfterError('(add --help for the options)'));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong already.
    process.exitCode = error.exitCode;
  } else {
    const failure = asProcessorError(error);
    process.stderr.write(`${failure.code}: ${failure.message}\n`);
    if (failure.code === 'INTERNAL' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = failure.facts.exitCode;
  }
}
