/** `demo`: source, service and reader on this machine, with nothing else needed. */
import process from 'node:process';
import { Command, Option } from 'commander';
import type { DemoOptions } from '../demo/run-demo.js';
import { Screen } from '../demo/screen.js';
import { ProcessorError } from '../../workers/errors.js';
import { positive, wholeNumber } from './serve-ledgers.js';
import { programVersion } from './version.js';

type DemoFlags = Omit<DemoOptions, 'keepRunning' | 'version'> & { readonly keepRunning?: true };

const EXAMPLES = `
Everything listens on 127.0.0.1 only. Exits with 0 when every generated row has been received once, with 1 when one was
not, with 130 when it was stopped before.

Examples:
  contract-data-processor demo
  contract-data-processor demo --ledgers 20000 --txs-per-ledger 200
  contract-data-processor demo --keep-running --flight-port 8816`;

export function demoCommand(): Command {
  return new Command('demo')
    .description('Show all of it on this machine: simulated ledgers, the service, a reader that counts every row, SQL')
    .option('--ledgers <count>', 'how many to read', positive, 2000)
    .option('--database-ledgers <count>', 'how many of them to load into PostgreSQL, too; 0: none', wholeNumber, 200)
    .addOption(new Option('--seed <text>', 'different seeds give different ledgers').default('1'))
    .option('--txs-per-ledger <count>', 'transactions in each ledger, 1 to 5000', positive, 100)
    .option('--flight-port <number>', 'port of Arrow Flight; 0 chooses one', wholeNumber, 0)
    .option('--health-port <number>', 'port of health and metrics; 0 chooses one', wholeNumber, 0)
    .option('--keep-running', 'leave source and service running after the summary, until Ctrl-C')
    .addHelpText('after', EXAMPLES)
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  const { keepRunning = false, ...rest } = flags;
  const exit = (code: number): never => process.exit(code);
  // The generator is large, and of no use to the other commands.
  const { runDemo } = await import('../demo/run-demo.js');
  try {
    const options = { ...rest, keepRunning, version: programVersion() };
    const code = await runDemo(options, new Screen(process.stdout), process, exit);
    // What a signal caught while it was starting may still be open; what was printed must be out.
    process.stdout.write('', () => exit(code));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ProcessorError('REQUEST_INVALID', error.message, { key: 'txs-per-ledger' }, error);
  }
}
