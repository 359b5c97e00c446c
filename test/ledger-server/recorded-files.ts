/** Ledger files for tests, from simulated ledgers, and what stellar-base reads in them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';

export const PASSPHRASE = 'Test SDF Network ; September 2015';

const generator = createLedgerGenerator({ seed: 3, networkPassphrase: PASSPHRASE, txsPerLedger: 2 });

export function simulatedLedger(sequence: number): Buffer {
  return Buffer.from(generator.ledger(sequence));
}

/** A LedgerCloseMetaBatch of simulated ledgers, both inclusive, as stellar-base writes it. */
export function batchOf(first: number, last: number): Buffer {
  const ledgerCloseMeta = Array.from({ length: last - first + 1 }, (_, i) =>
    xdr.LedgerCloseMeta.fromXDR(simulatedLedger(first + i)),
  );
  return new xdr.LedgerCloseMetaBatch({ startSequence: first, endSequence: last, ledgerCloseMeta }).toXDR();
}

/** Ledgers one after the other, each behind its length with the top bit set (RFC 5531). */
export function framed(ledgers: readonly Buffer[]): Buffer {
  return Buffer.concat(
    ledgers.flatMap((ledger) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE((ledger.length | 0x8000_0000) >>> 0);
      return [length, ledger];
    }),
  );
}

/** A folder for the length of a test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledgers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
