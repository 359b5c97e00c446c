/** Generated ledgers behind a real raw ledger server, with the rows that stellar-base finds in them. */
import type { Asset } from '@stellar/stellar-base';
import { GeneratedLedgers } from '../../src/ledger-server/generated-ledgers.js';
import { LedgerServer, type LedgerServerOptions } from '../../src/ledger-server/ledger-server.js';
import type { LedgerStore } from '../../src/ledger-server/ledger-store.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { oracleRows, type OracleRow } from '../support/row-oracle.js';
import type { Cleanup } from './cleanup.js';

export const PASSPHRASE = 'Test SDF Network ; September 2015';
export const FIRST_LEDGER = 1;
const LAST_LEDGER = 1_000_000;

/** A few dozen rows a ledger. */
export const generator = createLedgerGenerator({ seed: 11, networkPassphrase: PASSPHRASE, txsPerLedger: 6 });

export interface SimulatedSource {
  readonly port: number;
  close(): void;
}

const rowsOfLedger = new Map<string, OracleRow[]>();

/** The rows of the ledgers `first` to `last`, both inclusive, with default columns. */
export function expectedRows(first: number, last: number, knownAssets: readonly Asset[] = []): OracleRow[] {
  const rows: OracleRow[] = [];
  for (let sequence = first; sequence <= last; sequence += 1) {
    const key = [sequence, ...knownAssets.map(String)].join(' ');
    const known = rowsOfLedger.get(key) ?? oracleRows(ledgerBytes(sequence), PASSPHRASE, knownAssets);
    rowsOfLedger.set(key, known);
    rows.push(...known);
  }
  return rows;
}

export function ledgerBytes(sequence: number): Buffer {
  return Buffer.from(generator.ledger(sequence));
}

/** Serves the generator's ledgers, or what `options` put in their place. */
export async function simulatedSource(
  cleanup: Cleanup,
  options: Partial<LedgerServerOptions> = {},
  port = 0,
): Promise<SimulatedSource> {
  const store = new GeneratedLedgers(generator, FIRST_LEDGER, LAST_LEDGER);
  const server = new LedgerServer({ store, networkPassphrase: PASSPHRASE, ...options });
  const bound = await server.listen('127.0.0.1', port);
  const close = (): void => server.close();
  cleanup.after(close);
  return { port: bound, close };
}

/** A store whose ledgers are those of `ledger`. */
export function storeOf(ledger: (sequence: number) => Uint8Array, last = LAST_LEDGER): GeneratedLedgers {
  return new GeneratedLedgers({ ledger: (sequence) => new Uint8Array(ledger(sequence)) }, FIRST_LEDGER, last);
}

/** A store that has no ledger after `last` before `open` is called. */
export function gatedStore(last: number): { store: LedgerStore; open: () => void } {
  const whole = storeOf(ledgerBytes);
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const store: LedgerStore = {
    first: whole.first,
    last: whole.last,
    async *read(start) {
      for await (const ledger of whole.read(start)) {
        if (ledger.first > last) await opened;
        yield ledger;
      }
    },
  };
  return { store, open };
}
