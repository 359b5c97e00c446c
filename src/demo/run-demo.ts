/**
 * The demo: everything in this process, one step after the other.
 *
 *   simulated source -> service -> Flight reader -> account of rows
 *                              └─> consumer -> PostgreSQL -> SQL
 *
 * A step that starts something has the shutdown end it: along the way of the data, the source last.
 */
import { once } from 'node:events';
import { ProcessorError } from '../../workers/errors.js';
import { createLogger } from '../ops/logger.js';
import { Shutdown, type SignalEmitter } from '../ops/shutdown.js';
import { DEFAULT_NETWORK_PASSPHRASE } from '../request/networks.js';
import { createLedgerGenerator, type LedgerGenerator } from '../simulate/ledger-generator.js';
import { startEmbeddedPostgres } from '../postgres/embedded/embedded-postgres.js';
import { startDevFlowctl } from './dev-flowctl.js';
import { LiveStatus } from './live-status.js';
import type { DatabaseLoad } from './load-database.js';
import { startLocalService } from './local-service.js';
import { printAddresses, printFlowctl, printHowToRead, printSummary, printTitle } from './printed.js';
import { readAndCheck } from './read-and-check.js';
import { RowAccount } from './row-account.js';
import type { Screen } from './screen.js';
import { sentRows } from './sent-rows.js';
import { showDatabase } from './show-database.js';
import { startSimulatedSource } from './simulated-source.js';

export interface DemoOptions {
  readonly ledgers: number;
  /** How many of them to load into PostgreSQL, too; 0: none. */
  readonly databaseLedgers: number;
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
  let load: DatabaseLoad | undefined;
  shutdown.step('stop the consumer', () => load?.stop());
  const stopListening = shutdown.listen(signals);
  try {
    const onLoad = (started: DatabaseLoad): void => {
      load = started;
    };
    return await show(options, { screen, logger, shutdown, stopping: stopping.signal, onLoad });
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
  readonly onLoad: (load: DatabaseLoad) => void;
}

async function show(options: DemoOptions, { screen, logger, shutdown, stopping, onLoad }: Stage): Promise<number> {
  const { ledgers, seed, txsPerLedger, version } = options;
  const networkPassphrase = DEFAULT_NETWORK_PASSPHRASE;
  const generator = createLedgerGenerator({ seed, networkPassphrase, txsPerLedger });
  printTitle(screen, options);

  const source = await startSimulatedSource(generator, networkPassphrase);
  const flowctl = await startDevFlowctl();
  const settings = { ...options, source: source.address, flowctl: flowctl.address, networkPassphrase };
  const ports = await startLocalService(settings, version, logger, shutdown).finally(() => {
    shutdown.step('close the simulated source', () => source.close());
    shutdown.step('close flowctl', () => flowctl.close());
  });
  printAddresses(screen, source.address, flowctl.address, ports);

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

  const databaseLedgers = Math.min(ledgers, options.databaseLedgers);
  if (databaseLedgers > 0) {
    screen.print();
    const postgres = await startEmbeddedPostgres({ durable: false, log: (line) => logger.debug(line) });
    shutdown.step('stop PostgreSQL', () => postgres.stop());
    const generatedRows = rowsOf(generator, databaseLedgers);
    const parts = { screen, logger, postgres, flightPort: ports.flight, healthPort: ports.health };
    const facts = { flowctl: flowctl.address, ledgers: databaseLedgers, generatedRows, version, onStart: onLoad };
    if (stopping.aborted || !(await showDatabase({ ...parts, ...facts }))) return EXIT_INTERRUPTED;
  }
  printFlowctl(screen, flowctl);
  if (options.keepRunning) {
    printHowToRead(screen, ports.flight);
    if (!stopping.aborted) await once(stopping, 'abort');
  }
  return 0;
}

/** How many rows ledgers 1 to `ledgers` were made with. */
function rowsOf(generator: LedgerGenerator, ledgers: number): number {
  let rows = 0;
  for (let sequence = 1; sequence <= ledgers; sequence += 1) rows += generator.contents(sequence).contractDataRows;
  return rows;
}
