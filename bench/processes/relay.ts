/**
 * What the service is compared with: a process that takes the same ledgers from the same source and sends as much as the
 * service sends, and does nothing between the two. For each ledger in, its share of a batch out: one real batch of the
 * service, kept, with the progress of the moment. It has the service's own transport: V8's settings, frames written in
 * place, wide HTTP/2 windows. plain-grpc.ts is the same without.
 */
import '../../workers/v8-flags.js';
import { once } from 'node:events';
import process from 'node:process';
import {
  Client,
  credentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { flightDataFrame } from '../../src/flight/flight-data.js';
import type { FlightMessage } from '../../src/flight/flight-producer.js';
import { FLIGHT_SERVER_OPTIONS } from '../../src/flight/server-options.js';
import { loadProto } from '../../src/grpc/load-proto.js';
import { answerParent, cpuMs } from './child.js';
import { keptBatch, relayedProgress } from './kept-batch.js';

export interface RelayFacts {
  /** `host:port`. */
  readonly address: string;
  readonly cpuMs: number;
}

interface Range {
  readonly start_ledger: number;
  readonly end_ledger: number;
}

const [source = '', service = '', lastLedger = ''] = process.argv.slice(2);

const ledgerStream = (
  loadProto('raw_ledger_service/raw_ledger_service.proto')['raw_ledger_service.RawLedgerService'] as ServiceDefinition
).StreamRawLedgers!;
const flightMethods = loadProto('arrow/flight/Flight.proto')[
  'arrow.flight.protocol.FlightService'
] as unknown as Record<'GetFlightInfo' | 'DoGet', ServiceDefinition[string]>;

const { batch, ledgersPerBatch } = await keptBatch(service, Number(lastLedger));

const getFlightInfo: handleUnaryCall<{ cmd: Buffer }, object> = ({ request }, respond) =>
  respond(null, { endpoint: [{ ticket: { ticket: request.cmd } }] });

const doGet: handleServerStreamingCall<{ ticket: Buffer }, FlightMessage> = (stream) => {
  const { start_ledger: start, end_ledger: end } = JSON.parse(stream.request.ticket.toString('utf8')) as Range;
  relay(start, end, async (message) => {
    if (!stream.write(message)) await once(stream, 'drain');
  }).then(
    () => stream.end(),
    (error: unknown) => stream.emit('error', error),
  );
};

async function relay(start: number, end: number, send: (message: FlightMessage) => Promise<void>): Promise<void> {
  const client = new Client(source, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc-node.flow_control_window': 4 * 1024 * 1024,
    'grpc.use_local_subchannel_pool': 1,
  });
  const asIs = (bytes: Buffer): Buffer => bytes;
  const request = ledgerStream.requestSerialize({ start_ledger: start });
  const ledgers = client.makeServerStreamRequest(ledgerStream.path, asIs, asIs, request, new Metadata());
  await send({ metadata: batch.schema, body: new Uint8Array(0) });
  let received = start - 1;
  let sent = start - 1;
  for await (const ledger of ledgers as AsyncIterable<Buffer>) {
    if (ledger.byteLength > 0) received += 1;
    if (received - sent < ledgersPerBatch && received < end) continue;
    await send({ ...batch.message, appMetadata: relayedProgress(sent, received, batch.rows) });
    sent = received;
    if (received === end) break;
  }
  client.close();
}

const server = new Server(FLIGHT_SERVER_OPTIONS);
const { GetFlightInfo, DoGet } = flightMethods;
const frame = (message: FlightMessage): Buffer => flightDataFrame(message).asBuffer;
server.addService(
  { GetFlightInfo, DoGet: { ...DoGet, responseSerialize: frame } },
  { GetFlightInfo: getFlightInfo, DoGet: doGet },
);
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
    if (error === null) resolve(bound);
    else reject(error);
  });
});

answerParent((): RelayFacts => ({ address: `127.0.0.1:${port}`, cpuMs: cpuMs() }));
