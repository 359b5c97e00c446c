/** Inputs in each form, and where they come from. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import { type RawLedger, readLedgerFile } from '../../src/input/ledger-file.js';

/** Removed after the tests. */
export const directory = mkdtempSync(join(tmpdir(), 'ledger-input-'));
after(() => rmSync(directory, { recursive: true }));

export function fileOf(bytes: Uint8Array, name = 'input'): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

export async function ledgersOf(ledgers: AsyncIterable<RawLedger>): Promise<RawLedger[]> {
  const all: RawLedger[] = [];
  for await (const ledger of ledgers) all.push(ledger);
  return all;
}

export function fromPipe(chunks: Iterable<Uint8Array>): Promise<RawLedger[]> {
  return ledgersOf(readLedgerFile('-', { standardInput: Readable.from(chunks, { objectMode: false }) }));
}

/** Record marking of RFC 5531, 11. */
export function framed(ledgers: readonly Uint8Array[], mark = 0x8000_0000): Buffer {
  return Buffer.concat(
    ledgers.flatMap((ledger) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(mark + ledger.length);
      return [length, ledger];
    }),
  );
}

/** LedgerCloseMetaBatch as stellar-base encodes it. */
export function batch(startSequence: number, ledgers: readonly Buffer[]): Buffer {
  // Its types call the last field by another name than its schema does.
  const fields = {
    startSequence,
    endSequence: startSequence + ledgers.length - 1,
    ledgerCloseMeta: ledgers.map((ledger) => xdr.LedgerCloseMeta.fromXDR(ledger)),
    ledgerCloseMetas: ledgers.map((ledger) => xdr.LedgerCloseMeta.fromXDR(ledger)),
  };
  return new xdr.LedgerCloseMetaBatch(fields).toXDR();
}
