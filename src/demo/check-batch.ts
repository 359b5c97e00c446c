/** A sample of the batches, decoded by apache-arrow as any Arrow program would. */
import { ProcessorError } from '../../workers/errors.js';
import { decodeBatch } from '../flight-client/decode-batch.js';
import type { FlightBatch } from '../flight-client/read-flight.js';

/** Checks that the rows of `batch` are there and of its ledgers. Throws INTERNAL where they are not. */
export function checkBatch(batch: FlightBatch): void {
  const { first_ledger: first, last_ledger: last } = batch.progress;
  const decoded = decodeBatch(batch);
  const sequences = decoded.getChild('ledger_sequence')?.toArray() as Uint32Array | undefined;
  if (sequences?.length !== batch.rows) {
    const message = `${batch.rows} ledger sequences expected in the batch of ledgers ${first} to ${last}, got ${sequences?.length}`;
    throw new ProcessorError('INTERNAL', message, { ledger: first });
  }
  const stray = sequences.find((sequence) => sequence < first || sequence > last);
  if (stray !== undefined) {
    const message = `a row of ledger ${stray} is in the batch of ledgers ${first} to ${last}`;
    throw new ProcessorError('INTERNAL', message, { ledger: stray });
  }
}
