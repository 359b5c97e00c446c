/** The bench's source: one set of ledgers in each of the forms that sources serve, each form at a port of its own. */
import '../../workers/v8-flags.js';
import process from 'node:process';
import { LedgerServer, type ServedProtocol } from '../../src/ledger-server/ledger-server.js';
import type { LedgerStore } from '../../src/ledger-server/ledger-store.js';
import { answerParent, cpuMs } from './child.js';
import { ledgerSet, MadeLedgers, NETWORK_PASSPHRASE, objectSet } from './ledger-sets.js';
import { PacedLedgers } from './paced-ledgers.js';

export type SourceForm = 'ledgers' | 'chunks' | 'compressed chunks' | 'paced ledgers';

export interface SourceFacts {
  /** `host:port` of each form. */
  readonly addresses: Readonly<Record<SourceForm, string>>;
  readonly ledgers: number;
  /** Bytes of all ledgers, as they are and as compressed objects. */
  readonly bytes: number;
  readonly compressedBytes: number;
  /** When the paced ledgers read so far were sent, by ledger. */
  readonly sentAtNs: ReadonlyMap<number, bigint>;
  readonly cpuMs: number;
}

const [ledgers = 0, txsPerLedger = 0, ledgersPerSecond = 0] = process.argv.slice(2).map(Number);
const set = ledgerSet(ledgers, txsPerLedger);
const objects = await objectSet(set);
const plain = new MadeLedgers(set);
const paced = new PacedLedgers(plain, ledgersPerSecond);

async function serve(store: LedgerStore, protocol: ServedProtocol): Promise<string> {
  const server = new LedgerServer({ store, networkPassphrase: NETWORK_PASSPHRASE, protocols: [protocol] });
  return `127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
}

const addresses = {
  ledgers: await serve(plain, 'ledgers'),
  chunks: await serve(plain, 'chunks'),
  'compressed chunks': await serve(new MadeLedgers(objects), 'chunks'),
  'paced ledgers': await serve(paced, 'ledgers'),
};
const bytesOf = (stored: typeof set): number => stored.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);

answerParent((): SourceFacts => {
  const sizes = { ledgers, bytes: bytesOf(set), compressedBytes: bytesOf(objects) };
  return { addresses, ...sizes, sentAtNs: paced.sentAtNs, cpuMs: cpuMs() };
});
