/** The demo's reader: every message into the account, and some of the batches decoded. */
import { type FlightBatch, readFlight } from '../flight-client/read-flight.js';
import { checkBatch } from './check-batch.js';
import type { RowAccount } from './row-account.js';

/** Of so many batches one is decoded: enough to show that they can be, and little against the rest. */
const CHECK_EVERY = 16;

export interface ReadResult {
  /** Batches that were decoded by apache-arrow. */
  readonly checkedBatches: number;
  readonly elapsedMs: number;
}

/** Reads ledgers 1 to `ledgers` at `address`, or until `signal` is aborted. Throws for rows that are not as generated. */
export async function readAndCheck(
  address: string,
  ledgers: number,
  account: RowAccount,
  signal: AbortSignal,
): Promise<ReadResult> {
  const startedAt = performance.now();
  let checkedBatches = 0;
  for await (const batch of untilAborted(
    readFlight(address, { start_ledger: 1, end_ledger: ledgers }, signal),
    signal,
  )) {
    account.add(batch);
    if (batch.rows > 0 && account.batches % CHECK_EVERY === 1) {
      checkBatch(batch);
      checkedBatches += 1;
    }
    batch.free();
  }
  return { checkedBatches, elapsedMs: performance.now() - startedAt };
}

/** The batches, ending where an abort would have them fail. */
async function* untilAborted(batches: AsyncIterable<FlightBatch>, signal: AbortSignal): AsyncGenerator<FlightBatch> {
  try {
    yield* batches;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
