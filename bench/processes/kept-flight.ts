/** A Flight server that has its batches at hand: what the consumer alone can do, without a service that decodes. */
import '../../workers/v8-flags.js';
import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { FlightInfo, FlightMessage, FlightProducer, FlightStream } from '../../src/flight/flight-producer.js';
import { flightService } from '../../src/flight/flight-service.js';
import { acceptLongTimeouts, FLIGHT_SERVER_OPTIONS } from '../../src/flight/server-options.js';
import { planFlight, readFlight } from '../../src/flight-client/read-flight.js';
import { encodeProgress } from '../../src/stream/app-metadata.js';
import { answerParent } from './child.js';

export interface KeptFlight {
  /** `host:port`. */
  readonly address: string;
}

const [service = '', ledgers = '0'] = process.argv.slice(2);
const { signal } = new AbortController();
const command = { start_ledger: 1, end_ledger: Number(ledgers), batch_size: 10_000 };
const { tickets } = await planFlight(service, command, signal);
const messages: FlightMessage[] = [];
let schema: Uint8Array = new Uint8Array(0);
for await (const batch of readFlight(service, command, signal)) {
  schema = batch.schema;
  messages.push({ ...batch.message, appMetadata: encodeProgress(batch.progress) });
}

/** Whatever is asked for, it has one answer. */
const producer: FlightProducer = {
  actions: [],
  listFlights: () => [],
  getFlightInfo: (descriptor): Promise<FlightInfo> =>
    Promise.resolve({ schema, descriptor, endpoints: [{ ticket: tickets[0]! }] }),
  getSchema: () => Promise.resolve(schema),
  doGet: (): Promise<FlightStream> => Promise.resolve({ schema, messages: kept() }),
  doAction: async function* () {
    // It offers none.
  },
};

async function* kept(): AsyncGenerator<FlightMessage, void, undefined> {
  yield* await Promise.resolve(messages);
}

const server = new Server(FLIGHT_SERVER_OPTIONS);
const { definition, implementation } = flightService(producer, {});
server.addService(definition, implementation);
const port = await promisify(server.bindAsync.bind(server))('127.0.0.1:0', ServerCredentials.createInsecure());
acceptLongTimeouts(server);

answerParent((): KeptFlight => ({ address: `127.0.0.1:${port}` }));
