/** A producer of flights kept in memory, by name: the command that asks for one is its name, and so is its ticket. */
import { ProcessorError } from '../../workers/errors.js';
import type {
  ActionType,
  FlightCall,
  FlightDescriptor,
  FlightInfo,
  FlightMessage,
  FlightProducer,
  FlightStream,
} from '../../src/flight/flight-producer.js';

export interface TestFlight {
  readonly schema: Uint8Array;
  batches(call: FlightCall): AsyncIterable<FlightMessage>;
}

export class TestProducer implements FlightProducer {
  readonly actions: readonly ActionType[] = [
    { type: 'echo', description: 'Answers with the body it is given' },
    { type: 'twice', description: 'Answers twice' },
  ];
  readonly #flights: Readonly<Record<string, TestFlight>>;

  constructor(flights: Readonly<Record<string, TestFlight>>) {
    this.#flights = flights;
  }

  *listFlights(criteria: Uint8Array): Iterable<FlightInfo> {
    for (const [name, flight] of Object.entries(this.#flights)) {
      if (!name.startsWith(Buffer.from(criteria).toString())) continue;
      yield this.#info({ kind: 'path', path: [name] }, name, flight);
    }
  }

  getFlightInfo(descriptor: FlightDescriptor): Promise<FlightInfo> {
    const name = descriptor.kind === 'path' ? descriptor.path.join('/') : Buffer.from(descriptor.command).toString();
    return attempt(() => this.#info(descriptor, name, this.#flight(name)));
  }

  async getSchema(descriptor: FlightDescriptor): Promise<Uint8Array> {
    return (await this.getFlightInfo(descriptor)).schema;
  }

  /** A ticket is a name, or a JSON query whose `sql_query` is one, as the InfluxDB client sends it. */
  doGet(ticket: Uint8Array, call: FlightCall): Promise<FlightStream> {
    return attempt(() => {
      const text = Buffer.from(ticket).toString();
      const name = text.startsWith('{') ? (JSON.parse(text) as { sql_query: string }).sql_query : text;
      const flight = this.#flight(name);
      return { schema: flight.schema, messages: flight.batches(call) };
    });
  }

  async *doAction(type: string, body: Uint8Array): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(body);
    if (type === 'twice') yield body;
  }

  #flight(name: string): TestFlight {
    const flight = this.#flights[name];
    if (flight === undefined) throw new ProcessorError('INPUT_UNREADABLE', `no flight is named ${name}`);
    return flight;
  }

  #info(descriptor: FlightDescriptor, name: string, { schema }: TestFlight): FlightInfo {
    return { schema, descriptor, endpoints: [{ ticket: Buffer.from(name) }] };
  }
}

function attempt<T>(make: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(make());
  });
}

/** A flight of messages at hand. */
export function flightOf(schema: Uint8Array, messages: readonly FlightMessage[]): TestFlight {
  return {
    schema,
    async *batches() {
      yield* await Promise.resolve(messages);
    },
  };
}
