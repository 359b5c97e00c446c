/**
 * One call of ProcessorService.Process: events of ledgers in, one event for each out, in the same order.
 *
 *   claim memory -> read an event -> decode pool -> order -> write
 *
 * - An event is read when there is memory for it; what waits stays with the caller.
 * - When the caller half-closes, what was accepted goes out, then OK. An error goes out behind everything before it.
 * - When the service is being stopped, what was accepted goes out, then UNAVAILABLE.
 */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { arrowSchema } from '../../workers/columns/tables.js';
import { asProcessorError, ProcessorError } from '../../workers/errors.js';
import { encodeSchema } from '../../workers/ipc.js';
import type { DecodeRequest } from '../../workers/request.js';
import type { StreamMeter } from '../ops/stream-metrics.js';
import { inOrder } from '../order/in-order.js';
import type { DecodePool } from '../pool/decode-pool.js';
import type { StreamMemory } from '../stream/memory-shares.js';
import { batchEvent, ledgerOf, type PipelineEvent, type Signature } from './ledger-event.js';
import { readGateOf } from './paced-reads.js';

/** What flowctl's runner takes, in either direction. */
export const MAX_EVENT_BYTES = 50 * 1024 * 1024;
/** Of these, for an event's other fields. */
const OTHER_FIELDS_BYTES = 64 * 1024;

export type ProcessCall = ServerDuplexStream<PipelineEvent, PipelineEvent>;

export interface ProcessParts {
  readonly pool: DecodePool;
  /** Closed when the stream ends. */
  readonly memory: StreamMemory;
  readonly decode: DecodeRequest;
  readonly signature: Signature;
  readonly lookAheadEvents: number;
  /** Opened with the first ledger. */
  readonly openMeter: (startLedger: number) => StreamMeter;
  /** Aborted when the service is being stopped. */
  readonly draining: AbortSignal;
}

/** Rows of one ledger that do not fit into an event. */
export class EventTooLarge extends Error {
  constructor(sequence: number, bytes: number) {
    super(`ledger ${sequence}: ${bytes} bytes of rows, an event takes at most ${MAX_EVENT_BYTES}`);
  }
}

interface ReceivedEvent {
  readonly event: PipelineEvent;
  readonly receivedAtMs: number;
}

interface DecodedEvent {
  readonly event: PipelineEvent;
  readonly sequence: number;
  readonly rows: number;
}

/** Resolves when all is written; rejects with what ended the stream. `cancelled` aborts with the call. */
export async function processStream(call: ProcessCall, parts: ProcessParts, cancelled: AbortSignal): Promise<void> {
  const schema = encodeSchema(arrowSchema(parts.decode));
  // Whoever waits for the next event must hear of a failure behind its back.
  const failed = new AbortController();
  const failing = async <T>(step: Promise<T>): Promise<T> => {
    try {
      return await step;
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  const stop = AbortSignal.any([cancelled, parts.draining, failed.signal]);
  let meter: StreamMeter | undefined;
  const meterFrom = (sequence: number): StreamMeter => (meter ??= parts.openMeter(sequence));
  const events = inOrder(
    received(call, parts.memory, stop),
    (input) => failing(decodeEvent(input, schema, parts, meterFrom)),
    parts.lookAheadEvents,
  );
  try {
    for await (const { event, sequence, rows } of events) {
      await failing(written(call, event, cancelled));
      parts.memory.release(event.payload.byteLength);
      meterFrom(sequence).sent({
        v: 1,
        first_ledger: sequence,
        last_ledger: sequence,
        complete_through: sequence,
        rows,
      });
    }
    if (parts.draining.aborted) throw new ProcessorError('SHUTTING_DOWN', 'the service is being stopped');
  } catch (error) {
    if (!cancelled.aborted) meter?.failed(asProcessorError(error));
    throw error;
  } finally {
    meter?.closed();
    parts.memory.close();
  }
}

/** The caller's events, each read when there is memory for one as large as the last. */
async function* received(call: ProcessCall, memory: StreamMemory, stop: AbortSignal): AsyncGenerator<ReceivedEvent> {
  const gate = readGateOf(call.metadata);
  // Destroying the call would take its status with it.
  const events = call.iterator({ destroyOnReturn: false }) as AsyncIterator<PipelineEvent, undefined>;
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  let expectedBytes = 0;
  for (;;) {
    await Promise.race([memory.claim(expectedBytes), stopped]);
    if (stop.aborted) return;
    gate.admit();
    const pending = events.next();
    const next = await Promise.race([pending, stopped]);
    if (next === undefined) {
      // A cancelled call rejects what waits for it.
      pending.catch(() => undefined);
      return;
    }
    if (next.done === true) return;
    const bytes = next.value.payload.byteLength;
    memory.received(expectedBytes, bytes);
    expectedBytes = bytes;
    yield { event: next.value, receivedAtMs: performance.now() };
  }
}

async function decodeEvent(
  { event, receivedAtMs }: ReceivedEvent,
  schema: Uint8Array,
  { pool, memory, decode, signature }: ProcessParts,
  meterFrom: (sequence: number) => StreamMeter,
): Promise<DecodedEvent> {
  const rawBytes = event.payload.byteLength;
  const { first: sequence, bytes } = ledgerOf(event);
  const meter = meterFrom(sequence);
  const task = { request: JSON.stringify(decode), inputs: [{ bytes, form: 'ledger', sequence }] } as const;
  const { ledgers, error } = await pool.run(task, `ledger ${sequence}`);
  if (error !== undefined) throw ProcessorError.fromPlain(error);
  const [ledger] = ledgers;
  if (ledger === undefined) throw new ProcessorError('INTERNAL', `ledger ${sequence} was decoded into nothing`);
  meter.decoded(ledger, receivedAtMs);
  const output = batchEvent(event, sequence, schema, ledger.blocks, signature);
  const { byteLength } = output.payload;
  if (byteLength > MAX_EVENT_BYTES - OTHER_FIELDS_BYTES) throw new EventTooLarge(sequence, byteLength);
  memory.decoded(rawBytes, byteLength);
  return { event: output, sequence, rows: ledger.rows };
}

/** Resolves when the transport has taken the event. After a cancel grpc-js calls back for nothing. */
async function written(call: ProcessCall, event: PipelineEvent, cancelled: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => reject(new Error('the call was cancelled'));
    cancelled.addEventListener('abort', onAbort, { once: true });
    if (cancelled.aborted) onAbort();
    call.write(event, (error: unknown) => {
      cancelled.removeEventListener('abort', onAbort);
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
}
