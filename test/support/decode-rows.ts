/** Decodes one ledger in this thread to row objects, through the whole way that the product takes: Arrow and back. */
import { cellReaders } from '../../src/cli/output/cells.js';
import { columnKinds } from '../../src/cli/output/writers.js';
import { parseRowRequest } from '../../src/request/row-request.js';
import type { DecodedLedger } from '../../workers/decode-result.js';
import { LedgerDecoder } from '../../workers/decode.js';
import { ProcessorError } from '../../workers/errors.js';

export interface DecodeOptions {
  readonly passphrase: string;
  /** Keys of a row request as in a ticket. */
  readonly request?: Record<string, unknown>;
}

export type Row = Record<string, unknown>;

export function decodeLedger(bytes: Uint8Array, { passphrase, request = {} }: DecodeOptions): DecodedLedger {
  const { ledgers, error } = new LedgerDecoder(parseRowRequest(request, passphrase)).decode([
    { bytes, form: 'ledger' },
  ]);
  if (error !== undefined) throw ProcessorError.fromPlain(error);
  return ledgers[0]!;
}

export function decodeRows(bytes: Uint8Array, options: DecodeOptions): Row[] {
  return rowsOf(decodeLedger(bytes, options), options);
}

export function rowsOf(ledger: DecodedLedger, { passphrase, request = {} }: DecodeOptions): Row[] {
  const parsed = parseRowRequest(request, passphrase);
  const kinds = columnKinds(parsed);
  return ledger.blocks.flatMap((block) => {
    const cells = cellReaders(kinds, block);
    return Array.from({ length: block.rows }, (_, row) =>
      Object.fromEntries(parsed.columns.map((name, i) => [name, cells[i]!(row)])),
    );
  });
}
