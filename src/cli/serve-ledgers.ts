/** What `simulate` and `replay` share: the flags of a raw ledger server, and its life from listening to a signal. */
import { once } from 'node:events';
import process from 'node:process';
import { type Command, InvalidArgumentError } from 'commander';
import type { FaultPlan, LedgerFault } from '../ledger-server/faults.js';
import { LedgerServer, SERVED_PROTOCOLS, type ServedProtocol } from '../ledger-server/ledger-server.js';
import type { LedgerStore } from '../ledger-server/ledger-store.js';
import { startSourceComponent } from '../flowctl/source-component.js';
import { createLogger } from '../ops/logger.js';
import { ProcessorError } from '../../workers/errors.js';
import { programVersion } from './version.js';

export interface ServeFlags {
  readonly host: string;
  readonly port: number;
  readonly rate: number;
  readonly protocols?: ServedProtocol[];
  readonly skipLedger?: LedgerFault[];
  readonly repeatLedger?: LedgerFault[];
  readonly conflictLedger?: LedgerFault[];
  readonly reorderLedger?: LedgerFault[];
  readonly corruptLedger?: LedgerFault[];
  readonly hangAfter?: LedgerFault[];
  readonly unavailableEvery?: number;
}

const FAULT_HELP = `
Faults take ledger sequences, separated by commas or given again. Each strikes once, the first time that its ledger
comes up in any stream; with :always, as in 70:always, each time. They strike streams, not GetLedgerRange.

Registers with flowctl, as a source, where FLOWCTL_ENABLED or ENABLE_FLOWCTL is true or FLOWCTL_COMPONENT_ID is given; the
other variables are those of serve (docs/flowctl.md).`;

export function addServeFlags(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 chooses one', portNumber, 50053)
    .option('--rate <ledgers>', 'ledgers that close each second; 0: all have, and are sent as fast as read', rate, 0)
    .option('--protocols <names>', `what to serve, of ${SERVED_PROTOCOLS.join(', ')} (default: all)`, protocolNames)
    .option('--skip-ledger <sequences>', 'fault: leave out', faults)
    .option('--repeat-ledger <sequences>', 'fault: send twice', faults)
    .option('--conflict-ledger <sequences>', 'fault: send twice, with different bytes', faults)
    .option('--reorder-ledger <sequences>', 'fault: send after the next one', faults)
    .option('--corrupt-ledger <sequences>', 'fault: send without its second half', faults)
    .option('--hang-after <sequences>', 'fault: send nothing more in the stream, and leave it open', faults)
    .option('--unavailable-every <ledgers>', 'fault: end each stream with UNAVAILABLE after so many', positive)
    .addHelpText('after', FAULT_HELP);
}

/** Serves until SIGINT or SIGTERM. */
export async function serveLedgers(store: LedgerStore, networkPassphrase: string, flags: ServeFlags): Promise<void> {
  const { host, port, rate: ledgersPerSecond, protocols = SERVED_PROTOCOLS } = flags;
  const faults = faultPlan(flags);
  const server = new LedgerServer({ store, networkPassphrase, ledgersPerSecond, protocols, faults });
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const bound = await server.listen(host, port).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProcessorError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${reason}`, { key: 'port' }, error);
  });
  const leaveFlowctl = startSourceComponent({
    env: process.env,
    version: programVersion(),
    networkPassphrase,
    host,
    port: bound,
    logger: createLogger({ level: 'info' }),
    progress: () => server.progress,
  });
  process.stdout.write(`ledgers ${store.first} to ${store.last} at ${host}:${bound}\n`);
  await stopped;
  const left = leaveFlowctl();
  server.close();
  await left;
}

function faultPlan(flags: ServeFlags): FaultPlan {
  return {
    skip: flags.skipLedger ?? [],
    repeat: flags.repeatLedger ?? [],
    conflict: flags.conflictLedger ?? [],
    reorder: flags.reorderLedger ?? [],
    corrupt: flags.corruptLedger ?? [],
    hangAfter: flags.hangAfter ?? [],
    ...(flags.unavailableEvery !== undefined && { unavailableEvery: flags.unavailableEvery }),
  };
}

function protocolNames(value: string): ServedProtocol[] {
  return value.split(',').map((name) => {
    const protocol = SERVED_PROTOCOLS.find((one) => one === name.trim());
    if (protocol === undefined)
      throw new InvalidArgumentError(`One or more of ${SERVED_PROTOCOLS.join(', ')} expected.`);
    return protocol;
  });
}

/** `70`, `70:always`, or a list of such. */
function faults(value: string, before: readonly LedgerFault[] = []): LedgerFault[] {
  const members = value.split(',').map((member): LedgerFault => {
    const [, sequence, always] = /^(\d{1,10})(:always)?$/.exec(member.trim()) ?? [];
    if (sequence === undefined) throw new InvalidArgumentError('Ledger sequences expected, such as 70 or 70:always.');
    return { ledger: Number(sequence), always: always !== undefined };
  });
  return [...before, ...members];
}

export function wholeNumber(value: string): number {
  if (!/^\d{1,10}$/.test(value)) throw new InvalidArgumentError('A whole number expected.');
  return Number(value);
}

export function positive(value: string): number {
  const number = wholeNumber(value);
  if (number === 0) throw new InvalidArgumentError('A whole number of at least 1 expected.');
  return number;
}

function portNumber(value: string): number {
  const port = wholeNumber(value);
  if (port > 65_535) throw new InvalidArgumentError('A port number of at most 65535 expected.');
  return port;
}

function rate(value: string): number {
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(value)) throw new InvalidArgumentError('A number of ledgers a second expected.');
  return Number(value);
}
