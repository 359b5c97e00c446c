/** The batch that relays send again and again: one that the service makes of the same ledgers. */
import { type FlightBatch, readFlight } from '../../src/flight-client/read-flight.js';

export interface KeptBatch {
  readonly batch: FlightBatch;
  readonly ledgersPerBatch: number;
}

/** Of the service's batches of ledgers 1 to `lastLedger` one from the middle, and how many ledgers share one. */
export async function keptBatch(service: string, lastLedger: number): Promise<KeptBatch> {
  const batches: FlightBatch[] = [];
  const command = { start_ledger: 1, end_ledger: lastLedger };
  for await (const batch of readFlight(service, command, new AbortController().signal)) {
    if (batch.rows > 0) batches.push(batch);
  }
  return { batch: batches[batches.length >> 1]!, ledgersPerBatch: lastLedger / batches.length };
}

/** What a batch of `rows` tells that brings a reader from behind ledger `sent` to ledger `received`. */
export function relayedProgress(sent: number, received: number, rows: number): Buffer {
  const progress = { v: 1, first_ledger: sent + 1, last_ledger: received, complete_through: received, rows };
  return Buffer.from(JSON.stringify(progress));
}
