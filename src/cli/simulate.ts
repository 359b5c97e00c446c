/** `simulate`: deterministic, realistic ledgers, from a raw ledger source or as a data lake. */
import { Command, Option } from 'commander';
import { GeneratedLedgers } from '../ledger-server/generated-ledgers.js';
import { DEFAULT_NETWORK_PASSPHRASE, NETWORK_PASSPHRASES, networkPassphrase } from '../request/networks.js';
import type * as Generator from '../simulate/ledger-generator.js';
import { ProcessorError } from '../../workers/errors.js';
import { addServeFlags, positive, type ServeFlags, serveLedgers, wholeNumber } from './serve-ledgers.js';
import { simulateLake } from './simulate-lake.js';

interface SimulateFlags extends ServeFlags {
  readonly seed: string;
  readonly startLedger: number;
  readonly ledgers: number;
  readonly txsPerLedger: number;
  readonly networkPassphrase: string;
  readonly lake?: string;
  readonly ledgersPerFile: '1' | '64';
}

/** As public lakes have it, by ledgers per file. */
const FILES_PER_PARTITION = { '1': 64_000, '64': 10 };

const EXAMPLES = `
Ledger n depends on the seed, the passphrase, the transactions per ledger and n alone.

With --lake nothing is served: the ledgers are written as objects of a data lake, --rate of them a second. Of several
ledgers in a file only full files are written. A lake that was begun is gone on with.

Examples:
  contract-data-processor simulate
  contract-data-processor simulate --rate 0.2 --seed 7
  contract-data-processor simulate --ledgers 1000 --skip-ledger 70 --hang-after 500
  contract-data-processor simulate --lake ./lake --ledgers 5000`;

export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description('Serve simulated ledgers as a raw ledger source, or write them as a data lake')
    .addOption(new Option('--seed <text>', 'different seeds give different ledgers').default('1'))
    .option('--start-ledger <sequence>', 'first ledger', positive, 1)
    .option('--ledgers <count>', 'how many there are; 0: endless', wholeNumber, 0)
    .option('--txs-per-ledger <count>', 'transactions in each ledger, 1 to 5000', positive, 100)
    .option(
      '--network-passphrase <passphrase>',
      `passphrase, or ${Object.keys(NETWORK_PASSPHRASES).join(', ')}`,
      DEFAULT_NETWORK_PASSPHRASE,
    )
    .option('--lake <directory>', 'write a data lake there instead of serving')
    .addOption(
      new Option('--ledgers-per-file <count>', 'of that lake').choices(Object.keys(FILES_PER_PARTITION)).default('1'),
    );
  return addServeFlags(command).addHelpText('after', EXAMPLES).action(simulate);
}

async function simulate(flags: SimulateFlags): Promise<void> {
  // Only now: the generator brings stellar-base along, which no other command should wait for.
  const simulation = await import('../simulate/ledger-generator.js');
  const { LAST_SEQUENCE } = simulation;
  const { seed, txsPerLedger, startLedger, ledgers } = flags;
  const passphrase = networkPassphrase(flags.networkPassphrase);
  const last = ledgers === 0 ? LAST_SEQUENCE : startLedger + ledgers - 1;
  if (startLedger > LAST_SEQUENCE || last > LAST_SEQUENCE) {
    throw new ProcessorError('REQUEST_INVALID', `ledgers end at ${LAST_SEQUENCE}, ${last} asked for`, {
      key: 'ledgers',
    });
  }
  const generator = generatorOf(simulation, { seed, networkPassphrase: passphrase, txsPerLedger });
  if (flags.lake === undefined) {
    await serveLedgers(new GeneratedLedgers(generator, startLedger, last), passphrase, flags);
    return;
  }
  const { rate, ledgersPerFile } = flags;
  if (ledgers === 0 && rate === 0) {
    const message = '--ledgers or --rate expected with --lake: an endless lake fills any disk';
    throw new ProcessorError('REQUEST_INVALID', message, { key: 'lake' });
  }
  await simulateLake({
    directory: flags.lake,
    layout: { ledgersPerFile: Number(ledgersPerFile), filesPerPartition: FILES_PER_PARTITION[ledgersPerFile] },
    networkPassphrase: passphrase,
    identity: { seed, txs_per_ledger: txsPerLedger },
    first: startLedger,
    last,
    ledgersPerSecond: rate,
    ledger: (sequence) => generator.ledger(sequence),
  });
}

function generatorOf(
  { createLedgerGenerator }: typeof Generator,
  options: Generator.LedgerGeneratorOptions,
): Generator.LedgerGenerator {
  try {
    return createLedgerGenerator(options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ProcessorError('REQUEST_INVALID', error.message, { key: 'txs-per-ledger' }, error);
  }
}
