/** Ledgers that are made before they are served, so that making them costs the measured paths nothing. */
import { compress, init } from '@bokuweb/zstd-wasm';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import type { LedgerStore, StoredLedgers } from '../../src/ledger-server/ledger-store.js';

export const NETWORK_PASSPHRASE = 'Test SDF Network ; September 2015';
/** Ledgers in one compressed object. */
const LEDGERS_PER_OBJECT = 8;

/** Ledgers 1 to `count`, one by one. */
export function ledgerSet(count: number, txsPerLedger: number): StoredLedgers[] {
  const generator = createLedgerGenerator({ seed: 1, networkPassphrase: NETWORK_PASSPHRASE, txsPerLedger });
  return Array.from({ length: count }, (_, i) => {
    return { first: i + 1, last: i + 1, form: 'ledger', bytes: generator.ledger(i + 1) };
  });
}

/** The same ledgers as objects of a data lake: LedgerCloseMetaBatch, compressed with zstd. */
export async function objectSet(ledgers: readonly StoredLedgers[]): Promise<StoredLedgers[]> {
  await init();
  const objects: StoredLedgers[] = [];
  for (let at = 0; at < ledgers.length; at += LEDGERS_PER_OBJECT) {
    const group = ledgers.slice(at, at + LEDGERS_PER_OBJECT);
    const [first, last] = [group[0]!.first, group.at(-1)!.last];
    const head = Buffer.alloc(12);
    [first, last, group.length].forEach((value, i) => head.writeUInt32BE(value, 4 * i));
    const batch = Buffer.concat([head, ...group.map(({ bytes }) => bytes)]);
    objects.push({ first, last, form: 'object', bytes: compress(batch) });
  }
  return objects;
}

/** Serves what it was given. */
export class MadeLedgers implements LedgerStore {
  readonly first = 1;
  readonly last: number;
  private readonly stored: readonly StoredLedgers[];

  constructor(stored: readonly StoredLedgers[]) {
    this.stored = stored;
    this.last = stored.at(-1)!.last;
  }

  // The interface is asynchronous for stores that read files.
  // eslint-disable-next-line @typescript-eslint/require-await
  async *read(start: number): AsyncGenerator<StoredLedgers, void, undefined> {
    for (const one of this.stored) if (one.last >= start) yield one;
  }
}
