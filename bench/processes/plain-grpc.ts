/**
 * The way of a ledger through programs as grpc-js and its guide have one write them: messages by @grpc/proto-loader, no
 * options but message sizes, Node's default settings. Same ledgers, same batches, nothing decoded. One module for the
 * three processes: `source LEDGERS TXS_PER_LEDGER`, `relay SOURCE SERVICE LAST_LEDGER` and `reader`.
 */
import { once } from 'node:events';
import process from 'node:process';
import { Readable } from 'node:stream';
import {
  type Client,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  type handleServerStreamingCall,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceClientConstructor,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadGrpc } from '../../src/grpc/load-proto.js';
import { parseProgress } from '../../src/flight-client/progress.js';
import { answerParent, cpuMs } from './child.js';
import { keptBatch, relayedProgress } from './kept-batch.js';
import { ledgerSet } from './ledger-sets.js';
import type { ReaderRequest } from './reader.js';

export interface PlainFacts {
  /** `host:port`. */
  readonly address: string;
  readonly cpuMs: number;
}

/** What a read took; the rest of a reader's reply is not asked here. */
export interface PlainRead {
  readonly ledgers: number;
  readonly rows: number;
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

interface FlightData {
  readonly data_header: Uint8Array;
  readonly app_metadata?: Uint8Array;
  readonly data_body?: Uint8Array;
}

interface RawLedger {
  readonly sequence: number;
}

interface LedgerRange {
  readonly start_ledger: number;
  readonly end_ledger: number;
}

type Calls = Client & Record<string, (request: object) => ClientReadableStream<never>>;

const ANY_SIZE = { 'grpc.max_receive_message_length': -1 };

const flight = serviceOf('arrow/flight/Flight.proto', 'arrow', 'flight', 'protocol', 'FlightService');
const ledgers = serviceOf('raw_ledger_service/raw_ledger_service.proto', 'raw_ledger_service', 'RawLedgerService');

function serviceOf(file: string, ...path: readonly string[]): ServiceClientConstructor {
  let found: unknown = loadGrpc(file);
  for (const name of path) found = (found as GrpcObject)[name];
  return found as ServiceClientConstructor;
}

function clientOf(Service: ServiceClientConstructor, address: string): Calls {
  return new Service(address, credentials.createInsecure(), ANY_SIZE) as unknown as Calls;
}

async function listen(Service: ServiceClientConstructor, methods: UntypedServiceImplementation): Promise<string> {
  const server = new Server();
  server.addService(Service.service, methods);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return `127.0.0.1:${port}`;
}

/** Sends what `messages` yields, at the reader's pace, and ends the stream; or leaves it when it is cancelled. */
function sendAll<Request, Message>(
  stream: ServerWritableStream<Request, Message>,
  messages: AsyncIterable<Message>,
): void {
  const cancelled = new AbortController();
  stream.once('cancelled', () => cancelled.abort());
  const run = async (): Promise<void> => {
    for await (const message of messages) {
      if (!stream.write(message)) await once(stream, 'drain', { signal: cancelled.signal });
    }
    stream.end();
  };
  run().catch((error: unknown) => {
    if (!cancelled.signal.aborted) stream.emit('error', error);
  });
}

async function source(count: number, txsPerLedger: number): Promise<void> {
  const set = ledgerSet(count, txsPerLedger);
  const streamRawLedgers: handleServerStreamingCall<LedgerRange, object> = (stream) => {
    const wanted = set.filter(({ first }) => first >= stream.request.start_ledger);
    const messages = wanted.map(({ first, bytes }) => ({ sequence: first, ledger_close_meta_xdr: bytes }));
    sendAll(stream, Readable.from(messages));
  };
  const address = await listen(ledgers, { StreamRawLedgers: streamRawLedgers });
  answerParent((): PlainFacts => ({ address, cpuMs: cpuMs() }));
}

async function relay(sourceAddress: string, service: string, lastLedger: number): Promise<void> {
  const { batch, ledgersPerBatch } = await keptBatch(service, lastLedger);
  const { metadata, body } = batch.message;
  async function* relayed(start: number, end: number): AsyncGenerator<FlightData> {
    yield { data_header: batch.schema };
    const client = clientOf(ledgers, sourceAddress);
    let sent = start - 1;
    const stream = client.StreamRawLedgers!({ start_ledger: start }) as AsyncIterable<RawLedger>;
    for await (const { sequence: received } of stream) {
      if (received - sent < ledgersPerBatch && received < end) continue;
      const progress = relayedProgress(sent, received, batch.rows);
      yield { data_header: metadata, app_metadata: progress, data_body: body };
      sent = received;
      if (received === end) break;
    }
    client.close();
  }
  const doGet: handleServerStreamingCall<{ ticket: Buffer }, FlightData> = (stream) => {
    const { start_ledger: start, end_ledger: end } = JSON.parse(stream.request.ticket.toString()) as LedgerRange;
    sendAll(stream, relayed(start, end));
  };
  const address = await listen(flight, { DoGet: doGet });
  answerParent((): PlainFacts => ({ address, cpuMs: cpuMs() }));
}

function reader(): void {
  answerParent(async ({ address, startLedger, endLedger }: ReaderRequest): Promise<PlainRead> => {
    const [startedAt, cpuBefore] = [performance.now(), cpuMs()];
    const client = clientOf(flight, address);
    const ticket = Buffer.from(JSON.stringify({ start_ledger: startLedger, end_ledger: endLedger }));
    let [rows, complete] = [0, startLedger - 1];
    for await (const message of client.DoGet!({ ticket }) as AsyncIterable<Required<FlightData>>) {
      if (message.data_body.byteLength === 0) continue;
      const progress = parseProgress(message.app_metadata);
      rows += progress.rows;
      complete = progress.complete_through;
    }
    client.close();
    if (complete !== endLedger) throw new Error(`the stream ended after ledger ${complete} of ${endLedger}`);
    const elapsedMs = performance.now() - startedAt;
    return { ledgers: endLedger - startLedger + 1, rows, elapsedMs, cpuMs: cpuMs() - cpuBefore };
  });
}

const [role, ...args] = process.argv.slice(2);
if (role === 'source') await source(Number(args[0]), Number(args[1]));
else if (role === 'relay') await relay(args[0]!, args[1]!, Number(args[2]));
else reader();
