/** The bench's reader: reads a flight to its end, follows one, or stands still in the middle of one. */
import '../../workers/v8-flags.js';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFlight } from '../../src/flight-client/read-flight.js';
import { answerParent, cpuMs } from './child.js';

export interface ReaderRequest {
  /** `host:port` of a Flight service. */
  readonly address: string;
  readonly startLedger: number;
  /** Inclusive. With `follow` the stream itself has no end, and the reader leaves it there. */
  readonly endLedger: number;
  readonly follow?: boolean;
  /** Read this session instead of a range stream of one's own. */
  readonly session?: string;
  /** Stand still for so long after the first batches. */
  readonly stillMs?: number;
}

export interface ReaderReply {
  readonly ledgers: number;
  readonly rows: number;
  readonly batches: number;
  /** Bytes of the record batches. */
  readonly bytes: number;
  readonly elapsedMs: number;
  readonly cpuMs: number;
  /** When each batch could be read: its last ledger, and the time by process.hrtime. */
  readonly readableAtNs: readonly (readonly [lastLedger: number, atNs: bigint])[];
}

const BATCHES_BEFORE_STILL = 3;

async function read(request: ReaderRequest): Promise<ReaderReply> {
  const { address, startLedger, endLedger, follow = false, session, stillMs = 0 } = request;
  const startedAt = performance.now();
  const cpuBefore = cpuMs();
  const readableAtNs: [number, bigint][] = [];
  let [rows, bytes, batches, complete] = [0, 0, 0, startLedger - 1];
  const range = { start_ledger: startLedger, end_ledger: follow ? 0 : endLedger };
  const command = session === undefined ? range : { session, start_ledger: startLedger };
  for await (const batch of readFlight(address, command, new AbortController().signal)) {
    const { progress, message } = batch;
    if (progress.first_ledger !== complete + 1) throw new Error(`ledger ${complete + 1} did not come in its turn`);
    complete = progress.complete_through;
    rows += batch.rows;
    bytes += message.body.byteLength + message.metadata.byteLength;
    batch.free();
    if (batch.rows > 0) {
      batches += 1;
      readableAtNs.push([progress.last_ledger, process.hrtime.bigint()]);
    }
    if (batches === BATCHES_BEFORE_STILL && stillMs > 0) await sleep(stillMs);
    if (complete >= endLedger) break;
  }
  if (complete !== endLedger) throw new Error(`the stream ended after ledger ${complete} of ${endLedger}`);
  const elapsedMs = performance.now() - startedAt;
  const ledgers = endLedger - startLedger + 1;
  return { ledgers, rows, batches, bytes, elapsedMs, cpuMs: cpuMs() - cpuBefore, readableAtNs };
}

answerParent(read);
