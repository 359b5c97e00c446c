/** How a command fails: one line on standard error, and the exit code of the error's code. */
import process from 'node:process';
import { asProcessorError } from '../../workers/errors.js';

/** Prints what went wrong; returns the exit code. */
export function printFailure(error: unknown): number {
  const failure = asProcessorError(error);
  process.stderr.write(`${failure.code}: ${failure.message}\n`);
  // A defect: where it happened is all there is to go by.
  if (failure.code === 'INTERNAL' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return failure.facts.exitCode;
}
