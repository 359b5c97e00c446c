/** The demo's source: a raw ledger service of generated ledgers on a free port of this machine. */
import { GeneratedLedgers } from '../ledger-server/generated-ledgers.js';
import { LedgerServer } from '../ledger-server/ledger-server.js';
import { LAST_SEQUENCE, type LedgerGenerator } from '../simulate/ledger-generator.js';

export interface SimulatedSource {
  /** `host:port`. */
  readonly address: string;
  close(): void;
}

/** Serves ledgers from 1 on, as many as are asked for. */
export async function startSimulatedSource(
  generator: LedgerGenerator,
  networkPassphrase: string,
): Promise<SimulatedSource> {
  const server = new LedgerServer({ store: new GeneratedLedgers(generator, 1, LAST_SEQUENCE), networkPassphrase });
  const port = await server.listen('127.0.0.1', 0);
  return { address: `127.0.0.1:${port}`, close: () => server.close() };
}
