/** `replay DIR|FILE…`: a raw ledger source over recorded ledger files. */
import { Command } from 'commander';
import { RecordedLedgers } from '../ledger-server/recorded-ledgers.js';
import { networkPassphrase } from '../request/networks.js';
import { addServeFlags, type ServeFlags, serveLedgers } from './serve-ledgers.js';

interface ReplayFlags extends ServeFlags {
  readonly networkPassphrase: string;
}

const EXAMPLES = `
Files are those that decode reads: LedgerCloseMeta, LedgerCloseMetaBatch or framed streams, plain or compressed. In a
directory, and in those below it, files named .xdr, .xdr.zst, .xdr.zstd and .xdr.gz are taken. Objects of a data lake,
known by their names, are sent on untouched to clients that take compressed chunks. A QUARANTINE_DIR is such a directory,
too: what was set aside is sent again as it came, readable or not, and is asked for by its ledgers. Of a ledger recorded
twice, the file that begins first counts. After the last ledger streams stay open, as at the tip of a network.

Examples:
  contract-data-processor replay ledgers/
  contract-data-processor replay quarantine/ --network-passphrase public
  contract-data-processor replay --rate 1 FCD285FF--53312000.xdr.zst`;

export function replayCommand(): Command {
  const command = new Command('replay')
    .description('Serve recorded ledger files as a raw ledger source')
    .argument('<path...>', 'ledger files, and directories of them')
    .option('--network-passphrase <passphrase>', 'said to clients: a passphrase, or a name that simulate takes', '');
  return addServeFlags(command).addHelpText('after', EXAMPLES).action(replay);
}

async function replay(paths: readonly string[], flags: ReplayFlags): Promise<void> {
  const passphrase = networkPassphrase(flags.networkPassphrase);
  await serveLedgers(await RecordedLedgers.open(paths, passphrase), passphrase, flags);
}
