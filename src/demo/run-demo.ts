/**
 * The demo: everything in this process, one step after the other.
 *
 *   simulated source -> service -> Flight reader -> account of rows
 *
 * A step that starts something has the shutdown end it: along the way of the data, the source last.
 */
import { once } from 'node:events';
import { ProcessorError } from '../../workers/errors.js';
import { createLogger } from '../ops/logger.js';
import { Shutdown, type SignalEmitter } from '../ops/shutdown.js';
import { DEFAULT_NETWORK_PASSPHRASE } from '../request/networks.js';
import { createLedgerGenerator } from '../simulate/ledger-generator.js';
import { LiveStatus } from './live-status.js';
import { startLocalService } from './local-service.js';
import { printAddresses, printHowToRead, printSummary, printTitle } from './printed.js';
import { readAndCheck } from './read-and-check.js';
import { RowAccount } from './row-account.js';
import type { Screen } from './screen.js';
import { sentRows } from './sent-rows.js';
import { startSimulatedSource } from './simulated-source.js';

export interface DemoOptions {
  readonly ledgers: number;
  readonly seed: string;
  readonly txsPerLedger: number;
  /** 0 is a free one. */
  readonly flightPort: number;
  readonly healthPort: number;
  /** Whether source and service stay after the summary, until a signal. */
  readonly keepRunning: boolean;
  readonly version: string;
}

/** 128 + SIGINT, as shells have it: a demo that was stopped proves nothing. */
const EXIT_INTERRUPTED = 130;
const SHUTDOWN_TIMEOUT_MS = 5_000;

/**
 * Resolves to the exit code when everything is closed; rejects where rows are not what was generated. `exit` is called
 * only where that cannot be waited for: on a second signal, or when something does not close.
 */
export async function runDemo(
  options: DemoOptions,
  screen: Screen,
  signals: SignalEmitter,
  exit: (code: number) => void,
): Promise<number> {
  const logger = createLogger({ level: 'warn', output: { write: (line) => screen.print(line.trimEnd()) } });
  const exitAtOnce = (code: number): void => {
    if (code !== 0) exit(code);
  };
  const shutdown = new Shutdown({ timeoutMs: SHUTDOWN_TIMEOUT_MS, logger, exit: exitAtOnce });
  const stopping = new AbortController();
  shutdown.step('leave the stream', () => stopping.abort());
  const stopListening = shutdown.listen(signals);
  try {
    return await show(options, { screen, logger, shutdown, stopping: stopping.signal });
  } finally {
    screen.settle();
    await shutdown.begin('the demo is over');
    stopListening();
  }
}

interface Stage {
  readonly screen: Screen;
  readonly logger: ReturnType<typeof createLogger>;
  readonly shutdown: Shutdown;
  readonly stopping: AbortSignal;
}

async function show(options: DemoOptions, { screen, logger, shutdown, stopping }: Stage): Promise<number> {
  const { ledgers, seed, txsPerLedger, version } = options;
  const networkPassphrase = DEFAULT_NETWORK_PASSPHRASE;
  const generator = createLedgerGenerator({ seed, networkPassphrase, txsPerLedger });
  printTitle(screen, options);

  const source = await startSimulatedSource(generator, networkPassphrase);
  const settings = { ...options, source: source.address, networkPassphrase };
  const ports = await startLocalService(settings, version, logger, shutdown).finally(() =>
    shutdown.step('close the simulated source', () => source.close()),
  );
  printAddresses(screen, source.address, ports);

  const account = new RowAccount(1, ledgers, (sequence) => generator.contents(sequence).contractDataRows);
  const live = new LiveStatus(account, ledgers);
  screen.follow(live.read);
  const { checkedBatches, elapsedMs } = await readAndCheck(`127.0.0.1:${ports.flight}`, ledgers, account, stopping);
  screen.settle();
  const sent = account.isComplete ? await sentRows(ports.health) : undefined;
  if (sent !== undefined && sent !== account.receivedRows) {
    throw new ProcessorError('INTERNAL', `${account.receivedRows} rows received, but ${sent} counted as sent`);
  }
  printSummary(screen, { account, sent, checkedBatches, elapsedMs, peakRssBytes: live.peakRssBytes });
  if (!account.isComplete) return EXIT_INTERRUPTED;

  if (options.keepRunning) {
    printHowToRead(screen, ports.flight);
    if (!stopping.aborted) await once(stopping, 'abort');
  }
  return 0;
}
