/**
 * Reads a flight at its consumer's pace: GetFlightInfo for a command, then DoGet for each of its tickets, in order.
 *
 * - At most two messages wait for the consumer; the rest stays at the service, which is slowed by it.
 * - Each message says how far its rows reach, and what it holds is counted from the record batch itself.
 * - Nothing is retried here: who keeps what was read knows from where to read on, progress.complete_through + 1.
 */
import { Client, credentials, type Interceptor, Metadata, status } from '@grpc/grpc-js';
import { IDLE, PacedStream } from '../source/paced-stream.js';
import type { BatchProgress } from '../stream/app-metadata.js';
import type { FlightData } from './flight-data-message.js';
import { asFlightReadError, FlightReadError } from './flight-read-error.js';
import { DO_GET, GET_FLIGHT_INFO } from './flight-rpcs.js';
import { messageHeader } from './message-header.js';
import { parseProgress } from './progress.js';

/** One message of a flight. */
export interface FlightBatch {
  readonly progress: BatchProgress;
  /** Rows of the record batch, by its own metadata; 0 where the message only tells progress. */
  readonly rows: number;
  /** IPC schema message metadata of the flight; the same object in all batches of a ticket. */
  readonly schema: Uint8Array;
  /** The record batch as it came: IPC message metadata without prefix, and body. Views, not copies. */
  readonly message: Pick<FlightData, 'metadata' | 'body'>;
}

export interface ReadFlightOptions {
  /**
   * The service tells its progress every KEEPALIVE_INTERVAL (5 s unless configured); one that says nothing for this
   * long, while a message is waited for, is taken for hung. Default 60 s.
   */
  readonly idleTimeoutMs?: number;
}

const DEFAULT_IDLE_TIMEOUT_MS = 60_000;
/** A plan is made without running anything. */
const PLAN_TIMEOUT_MS = 20_000;

const CHANNEL_OPTIONS = {
  // HTTP/2 window. Node's 64 KiB would limit a stream to that much per round trip.
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
  // A connection of its own, so that a stream that waits for its consumer holds up no other.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
};

/**
 * The batches of the flight that `command` (JSON) asks for at `address` (`host:port`). Throws a {@link FlightReadError}
 * when the service refuses or ends it, and the signal's reason when `signal` is aborted.
 */
export async function* readFlight(
  address: string,
  command: object,
  signal: AbortSignal,
  { idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS }: ReadFlightOptions = {},
): AsyncGenerator<FlightBatch, void, undefined> {
  signal.throwIfAborted();
  const client = new Client(address, credentials.createInsecure(), CHANNEL_OPTIONS);
  try {
    const tickets = await ticketsOf(client, Buffer.from(JSON.stringify(command)), signal);
    for (const ticket of tickets) yield* readTicket(client, ticket, signal, idleTimeoutMs);
  } catch (error) {
    signal.throwIfAborted();
    throw asFlightReadError(error);
  } finally {
    client.close();
  }
}

function ticketsOf(client: Client, command: Uint8Array, signal: AbortSignal): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      GET_FLIGHT_INFO.path,
      GET_FLIGHT_INFO.encode,
      GET_FLIGHT_INFO.decode,
      command,
      { deadline: Date.now() + PLAN_TIMEOUT_MS },
      (error, tickets) => {
        signal.removeEventListener('abort', cancel);
        if (error !== null) reject(error);
        else resolve(tickets ?? []);
      },
    );
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
  });
}

async function* readTicket(
  client: Client,
  ticket: Uint8Array,
  signal: AbortSignal,
  idleTimeoutMs: number,
): AsyncGenerator<FlightBatch, void, undefined> {
  const stream = new PacedStream((interceptor: Interceptor) =>
    client.makeServerStreamRequest(DO_GET.path, DO_GET.encode, DO_GET.decode, ticket, new Metadata(), {
      interceptors: [interceptor],
    }),
  );
  const cancel = (): void => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    let schema: Uint8Array | undefined;
    for (;;) {
      signal.throwIfAborted();
      const data = await stream.next(idleTimeoutMs);
      if (data === undefined) return;
      if (data === IDLE) {
        throw new FlightReadError(status.DEADLINE_EXCEEDED, `the service said nothing for ${idleTimeoutMs} ms`);
      }
      const { kind, rows, bodyLength } = messageHeader(data.metadata);
      if (kind === 'schema') schema = data.metadata;
      else if (kind === 'record batch' && schema !== undefined && bodyLength === data.body.byteLength) {
        yield { progress: parseProgress(data.appMetadata), rows, schema, message: data };
      } else {
        const found = `a ${kind} with ${data.body.byteLength} of ${bodyLength} bytes`;
        throw new FlightReadError(status.DATA_LOSS, `a schema and then whole record batches expected, got ${found}`);
      }
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    stream.cancel();
  }
}
