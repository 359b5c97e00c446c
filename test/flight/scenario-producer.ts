/**
 * The scenarios of Arrow's integration tests (dev/archery, `arrow-flight-integration-client -scenario …`) that a
 * read-only server can take part in, one producer for all of them.
 */
import {
  Metadata,
  type ServerInterceptor,
  ServerInterceptingCall,
  ServerListenerBuilder,
  ResponderBuilder,
} from '@grpc/grpc-js';
import { Field, Int32, RecordBatch, Schema, Struct, Uint32, makeData } from 'apache-arrow';
import { ProcessorError } from '../../workers/errors.js';
import type { FlightAuth } from '../../src/flight/flight-auth.js';
import type {
  FlightCall,
  FlightDescriptor,
  FlightEndpoint,
  FlightInfo,
  FlightProducer,
  FlightStream,
  PollInfo,
} from '../../src/flight/flight-producer.js';
import * as messages from '../../src/flight/messages.js';
import { FlightRefusal } from '../../src/flight/status.js';
import { messagesOf, type ArrowMessages } from './arrow-messages.js';
import { flightOf } from './test-producer.js';

export const SCENARIOS = [
  'middleware',
  'ordered',
  'expiration_time:do_get',
  'expiration_time:list_actions',
  'expiration_time:cancel_flight_info',
  'expiration_time:renew_flight_endpoint',
  'location:reuse_connection',
  'poll_flight_info',
  'app_metadata_flight_info_endpoint',
] as const;

const NO_COLUMNS = messagesOf(new Schema([]), []);
const ORDERED: Readonly<Record<string, readonly number[]>> = {
  '1': [1, 2, 3],
  '2': [10, 20, 30],
  '3': [100, 200, 300],
};

function numbers(type: Int32 | Uint32, values: readonly number[]): ArrowMessages {
  const schema = new Schema([new Field('number', type, true)]);
  const data = type instanceof Int32 ? Int32Array.from(values) : Uint32Array.from(values);
  const child = makeData({ type: type as Int32, data: data as Int32Array, length: values.length });
  const batch = makeData({ type: new Struct(schema.fields), length: values.length, children: [child] });
  return messagesOf(schema, [new RecordBatch(schema, batch as never)]);
}

interface Lease {
  expires: Date | undefined;
  gets: number;
  cancelled: boolean;
}

export class ScenarioProducer implements FlightProducer {
  readonly actions = [
    { type: 'CancelFlightInfo', description: '' },
    { type: 'RenewFlightEndpoint', description: '' },
  ];
  /** Tickets of the expiration scenarios: `<index>: <words>`. */
  #leases: Lease[] = [];

  *listFlights(): Iterable<FlightInfo> {
    // None of the scenarios lists flights.
  }

  getFlightInfo(descriptor: FlightDescriptor): Promise<FlightInfo> {
    return Promise.resolve().then(() => this.#info(descriptor));
  }

  pollFlightInfo(descriptor: FlightDescriptor): Promise<PollInfo> {
    const info = {
      schema: numbers(new Uint32(), []).schema,
      descriptor,
      endpoints: [{ ticket: Buffer.from('long-running query') }],
    };
    const inTenSeconds = new Date(Date.now() + 10_000);
    const poll = { kind: 'command', command: Buffer.from('poll') } as const;
    return Promise.resolve(
      commandOf(descriptor) === 'poll'
        ? { info, progress: 1 }
        : { info, next: poll, progress: 0.1, expirationTime: inTenSeconds },
    );
  }

  async getSchema(descriptor: FlightDescriptor): Promise<Uint8Array> {
    return (await this.getFlightInfo(descriptor)).schema;
  }

  doGet(ticket: Uint8Array, call: FlightCall): Promise<FlightStream> {
    return Promise.resolve().then(() => {
      const text = Buffer.from(ticket).toString();
      const ordered = ORDERED[text];
      const { schema, batches } = ordered ? numbers(new Int32(), ordered) : numbers(new Uint32(), [this.#take(text)]);
      return { schema, messages: flightOf(schema, batches).batches(call) };
    });
  }

  async *doAction(type: string, body: Uint8Array): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(type === 'CancelFlightInfo' ? this.#cancel(body) : this.#renew(body));
  }

  #info(descriptor: FlightDescriptor): FlightInfo {
    const command = commandOf(descriptor);
    const plain = (endpoint: FlightEndpoint): FlightInfo => ({
      schema: NO_COLUMNS.schema,
      descriptor,
      endpoints: [endpoint],
    });
    switch (command) {
      case 'ordered': {
        const endpoints = Object.keys(ORDERED).map((ticket) => ({ ticket: Buffer.from(ticket) }));
        return { schema: numbers(new Int32(), []).schema, descriptor, endpoints, ordered: true };
      }
      case 'expiration_time':
        return { schema: numbers(new Uint32(), []).schema, descriptor, endpoints: this.#lease() };
      case 'reuse':
        return plain({ ticket: Buffer.from('reuse'), locations: ['arrow-flight-reuse-connection://?'] });
      case 'success':
        return plain({ ticket: Buffer.from('foo'), locations: ['grpc+tcp://localhost:10010'] });
      case 'foobar':
        return { ...plain({ ticket: Buffer.from('foo'), appMetadata: bytes(command) }), appMetadata: bytes(command) };
      default:
        throw new ProcessorError('REQUEST_INVALID', `unknown command ${command}`);
    }
  }

  #lease(): FlightEndpoint[] {
    const after = [undefined, 5, 6];
    this.#leases = after.map((seconds) => ({
      expires: seconds === undefined ? undefined : new Date(Date.now() + seconds * 1000),
      gets: 0,
      cancelled: false,
    }));
    return this.#leases.map(({ expires }, index) => ({
      ticket: bytes(`${index}: ${after[index] ?? 'no'} seconds`),
      ...(expires && { expirationTime: expires }),
    }));
  }

  #leaseOf(ticket: string): Lease {
    const lease = this.#leases[Number.parseInt(ticket, 10)];
    if (lease === undefined) throw new ProcessorError('INPUT_UNREADABLE', `unknown ticket ${ticket}`);
    return lease;
  }

  #take(ticket: string): number {
    const lease = this.#leaseOf(ticket);
    const expired = lease.expires ? lease.expires.getTime() < Date.now() : lease.gets > 0;
    if (expired || lease.cancelled) throw new ProcessorError('REQUEST_INVALID', `ticket ${ticket} is spent`);
    lease.gets += 1;
    return this.#leases.indexOf(lease);
  }

  #cancel(body: Uint8Array): Uint8Array {
    for (const { ticket } of messages.decodeCancelFlightInfoRequest(body).endpoints) {
      this.#leaseOf(Buffer.from(ticket).toString()).cancelled = true;
    }
    return messages.encodeCancelFlightInfoResult('CANCELLED');
  }

  #renew(body: Uint8Array): Uint8Array {
    const endpoint = messages.decodeRenewFlightEndpointRequest(body);
    const lease = this.#leaseOf(Buffer.from(endpoint.ticket).toString());
    lease.expires = new Date(Date.now() + 10_000);
    return messages.encodeEndpoint({ ...endpoint, expirationTime: lease.expires });
  }
}

/** Scenario `auth:basic_proto`: user and password in a Handshake payload, the user's name as token. */
export const basicProtoAuth: FlightAuth = {
  authenticate({ headers }) {
    if (headers.get('auth-token-bin')[0]?.toString() !== 'arrow') {
      throw new FlightRefusal('UNAUTHENTICATED', 'no valid token');
    }
  },
  handshake(payload) {
    // BasicAuth { 2: username, 3: password }
    if (Buffer.from(payload).toString('latin1') !== '\x12\x05arrow\x1a\x06flight') {
      throw new FlightRefusal('UNAUTHENTICATED', 'wrong user or password');
    }
    return { payload: bytes('arrow') };
  },
};

/** Scenario `auth:basic_proto`: any action answers the caller's name. */
export class CallerProducer extends ScenarioProducer {
  override readonly actions = [{ type: '', description: '' }];

  override async *doAction(_type: string, _body: Uint8Array, call?: FlightCall): AsyncIterable<Uint8Array> {
    yield await Promise.resolve(Buffer.from(call!.headers.get('auth-token-bin')[0]!));
  }
}

/** Scenario `middleware`: the header comes back, whether the call fails or not. */
export const echoMiddleware: ServerInterceptor = (_method, call) => {
  const echo = new Metadata();
  const listener = new ServerListenerBuilder()
    .withOnReceiveMetadata((metadata, next) => {
      for (const value of metadata.get('x-middleware')) echo.add('x-middleware', value);
      next(metadata);
    })
    .build();
  const responder = new ResponderBuilder()
    .withStart((next) => next(listener))
    .withSendMetadata((metadata, next) => {
      metadata.merge(echo);
      next(metadata);
    })
    .withSendStatus((status, next) => {
      const trailers = status.metadata ?? new Metadata();
      trailers.merge(echo);
      next({ ...status, metadata: trailers });
    })
    .build();
  return new ServerInterceptingCall(call, responder);
};

function bytes(text: string): Buffer {
  return Buffer.from(text);
}

function commandOf(descriptor: FlightDescriptor): string {
  return descriptor.kind === 'command' ? Buffer.from(descriptor.command).toString() : descriptor.path.join('/');
}
