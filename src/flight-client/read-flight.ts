/**
 * Reads a flight at its consumer's pace: GetFlightInfo for a command, then DoGet for each of its tickets, in order.
 *
 * - At most two messages wait for the consumer; the rest stays at the service, which is slowed by it.
 * - Each message says how far its rows reach, and what it holds is counted from the record batch itself.
 * - Nothing is retried here: who keeps what was read knows from where to read on, progress.complete_through + 1.
 */
import { Client, type Interceptor, Metadata, status } from '@grpc/grpc-js';
import { freeBuffers } from '../../workers/free-buffers.js';
import { clientCredentials, type ClientTls, ownConnection } from '../grpc/client-channel.js';
import { IDLE, PacedStream } from '../grpc/paced-stream.js';
import { ownBuffer } from '../pool/transfer.js';
import type { BatchProgress } from '../stream/app-metadata.js';
import type { FlightData } from './flight-data-message.js';
import { asFlightReadError, FlightReadError } from './flight-read-error.js';
import { DO_GET, type FlightPlan, GET_FLIGHT_INFO } from './flight-rpcs.js';
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
  /**
   * Frees the memory of `message`, which nobody may read any more. For programs that take many batches: until V8 finds
   * out by itself, it has marked its heap for every 64 MB of them.
   */
  free(): void;
}

/** How a service is reached. */
export interface FlightAccess {
  /** Plaintext where absent. */
  readonly tls?: ClientTls;
  /** The bearer token to show; asked for each call. */
  readonly token?: () => string | undefined;
}

export interface ReadFlightOptions extends FlightAccess {
  /**
   * The service tells its progress every KEEPALIVE_INTERVAL (5 s unless configured); one that says nothing for this
   * long, while a message is waited for, is taken for hung. Default 60 s.
   */
  readonly idleTimeoutMs?: number;
}

const DEFAULT_IDLE_TIMEOUT_MS = 60_000;
/** A plan is made without running anything. */
const PLAN_TIMEOUT_MS = 20_000;

/** Beside {@link ownConnection}, so that a stream that waits for its consumer holds up no other. */
const CHANNEL_OPTIONS = {
  // HTTP/2 window. Node's 64 KiB would limit a stream to that much per round trip.
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
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
  options: ReadFlightOptions = {},
): AsyncGenerator<FlightBatch, void, undefined> {
  signal.throwIfAborted();
  const client = clientOf(address, options);
  try {
    const { tickets } = await planOf(client, command, options, signal);
    for (const ticket of tickets) yield* readTicket(client, ticket, signal, options);
  } catch (error) {
    signal.throwIfAborted();
    throw asFlightReadError(error);
  } finally {
    client.close();
  }
}

/** What the service at `address` says of the flight that `command` asks for. Throws as {@link readFlight} does. */
export async function planFlight(
  address: string,
  command: object,
  signal: AbortSignal,
  access: FlightAccess = {},
): Promise<FlightPlan> {
  signal.throwIfAborted();
  const client = clientOf(address, access);
  try {
    return await planOf(client, command, access, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw asFlightReadError(error);
  } finally {
    client.close();
  }
}

function clientOf(address: string, { tls }: FlightAccess): Client {
  return new Client(address, clientCredentials(address, tls), { ...CHANNEL_OPTIONS, ...ownConnection(address, tls) });
}

function freeMessage({ message }: FlightData): void {
  const buffer = ownBuffer(message);
  if (buffer !== undefined) freeBuffers([buffer]);
}

function callMetadata({ token }: FlightAccess): Metadata {
  const metadata = new Metadata();
  const shown = token?.();
  if (shown !== undefined) metadata.set('authorization', `Bearer ${shown}`);
  return metadata;
}

function planOf(client: Client, command: object, access: FlightAccess, signal: AbortSignal): Promise<FlightPlan> {
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      GET_FLIGHT_INFO.path,
      GET_FLIGHT_INFO.encode,
      GET_FLIGHT_INFO.decode,
      Buffer.from(JSON.stringify(command)),
      callMetadata(access),
      { deadline: Date.now() + PLAN_TIMEOUT_MS },
      (error, plan) => {
        signal.removeEventListener('abort', cancel);
        if (error !== null) reject(error);
        else resolve(plan ?? { tickets: [], appMetadata: Buffer.alloc(0) });
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
  options: ReadFlightOptions,
): AsyncGenerator<FlightBatch, void, undefined> {
  const { idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = options;
  const stream = new PacedStream((interceptor: Interceptor) =>
    client.makeServerStreamRequest(DO_GET.path, DO_GET.encode, DO_GET.decode, ticket, callMetadata(options), {
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
        const free = (): void => freeMessage(data);
        yield { progress: parseProgress(data.appMetadata), rows, schema, message: data, free };
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
