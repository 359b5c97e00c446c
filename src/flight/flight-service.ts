/**
 * The Flight service (arrow.flight.protocol.FlightService) in front of a producer: `server.addService(…)` with what
 * {@link flightService} returns. Reading only: DoPut and DoExchange are UNIMPLEMENTED.
 *
 * - Response headers of streams go out at once, the schema right behind them; a client may wait for both before it
 *   returns from its own `do_get`.
 * - A stream ends with OK only when everything was sent; an error ends it with status and text, see status.ts.
 * - Bytes are decoded inside the call, so that a malformed request is INVALID_ARGUMENT and not a broken stream.
 */
import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { MessageFrame } from '../grpc/message-frame.js';
import { flightDataFrame, flightDataLength } from './flight-data.js';
import { type FlightAuth, handshakePayload } from './flight-auth.js';
import { type FlightMethod, type FlightObserver, UNOBSERVED } from './flight-observer.js';
import type { FlightCall, FlightMessage, FlightProducer, PollInfo } from './flight-producer.js';
import * as messages from './messages.js';
import { Rpc } from './rpc.js';
import { type Sendable, sendAll } from './send-all.js';
import { FlightRefusal, OK, statusOf } from './status.js';

export interface FlightServiceOptions {
  readonly observer?: FlightObserver;
  /** Without it everybody may call, and Handshake is UNIMPLEMENTED. */
  readonly auth?: FlightAuth;
}

export interface FlightService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

const NOTHING = new Uint8Array(0);

export function flightService(
  producer: FlightProducer,
  { observer = UNOBSERVED, auth }: FlightServiceOptions = {},
): FlightService {
  function unary(
    method: FlightMethod,
    answer: (request: Buffer, call: FlightCall) => Promise<Buffer>,
  ): handleUnaryCall<Buffer, Buffer> {
    return (grpcCall, respond) => {
      void serve(new Rpc(method, grpcCall, observer), respond, async (rpc) => {
        const { call } = rpc.life;
        await auth?.authenticate(call);
        const response = await rpc.life.race(answer(grpcCall.request, call));
        rpc.answered(response.byteLength);
        respond(null, response);
      });
    };
  }

  function streaming<M>(
    method: FlightMethod,
    kind: Sendable<M>,
    answer: (request: Buffer, call: FlightCall) => AsyncIterable<M>,
  ): handleServerStreamingCall<Buffer, M> {
    return (stream) => {
      void serve(
        new Rpc(method, stream, observer),
        (status) => stream.emit('error', status),
        async (rpc) => {
          const { call } = rpc.life;
          stream.sendMetadata(new Metadata());
          await auth?.authenticate(call);
          await sendAll(stream, rpc, answer(stream.request, call), kind);
          stream.end();
        },
      );
    };
  }

  function refused(method: FlightMethod): handleBidiStreamingCall<Buffer, Buffer> {
    return (stream) => {
      void serve(
        new Rpc(method, stream, observer),
        (status) => stream.emit('error', status),
        () => Promise.reject(new FlightRefusal('UNIMPLEMENTED', `${method} is not offered: this service is read only`)),
      );
    };
  }

  const handshake: handleBidiStreamingCall<Buffer, Buffer> = (stream) => {
    void serve(
      new Rpc('Handshake', stream, observer),
      (status) => stream.emit('error', status),
      async ({ life }) => {
        if (auth === undefined) throw new FlightRefusal('UNIMPLEMENTED', 'this service asks for no authentication');
        const reply = await auth.handshake(await life.race(handshakePayload(stream)), life.call);
        stream.sendMetadata(reply.headers ?? new Metadata());
        if (reply.payload) stream.write(messages.encodeHandshakeResponse(reply.payload));
        stream.end();
      },
    );
  };

  return {
    definition: DEFINITION,
    implementation: {
      Handshake: handshake,
      GetFlightInfo: unary('GetFlightInfo', async (request, call) =>
        messages.encodeFlightInfo(await producer.getFlightInfo(messages.decodeDescriptor(request), call)),
      ),
      PollFlightInfo: unary('PollFlightInfo', async (request, call) =>
        messages.encodePollInfo(await poll(producer, request, call)),
      ),
      GetSchema: unary('GetSchema', async (request, call) =>
        messages.encodeSchemaResult(await producer.getSchema(messages.decodeDescriptor(request), call)),
      ),
      ListFlights: streaming('ListFlights', ENCODED, (request, call) =>
        encoded(messages.encodeFlightInfo, () => producer.listFlights(messages.decodeCriteria(request), call)),
      ),
      ListActions: streaming('ListActions', ENCODED, () => encoded(messages.encodeActionType, () => producer.actions)),
      DoAction: streaming('DoAction', ENCODED, (request, call) =>
        encoded(messages.encodeResult, () => act(producer, request, call)),
      ),
      DoGet: streaming('DoGet', FLIGHT_DATA, (request, call) => flightData(producer, request, call)),
      DoPut: refused('DoPut'),
      DoExchange: refused('DoExchange'),
    },
  };
}

/** Runs one RPC to its end. `refuse` sends a status; nobody is there to hear it when the call is over already. */
async function serve(
  rpc: Rpc,
  refuse: (status: { code: number; details: string }) => unknown,
  run: (rpc: Rpc) => Promise<void>,
): Promise<void> {
  let status = OK;
  try {
    await run(rpc);
  } catch (error) {
    status = rpc.life.over ? rpc.life.endStatus : statusOf(error);
    refuse(status);
  }
  rpc.finish(status.code);
}

/** The messages of a DoGet. What `doGet` opened is closed also when the reader leaves before the first batch. */
async function* flightData(producer: FlightProducer, request: Buffer, call: FlightCall): AsyncGenerator<FlightMessage> {
  const stream = await producer.doGet(messages.decodeTicket(request), call);
  const batches = stream.messages[Symbol.asyncIterator]();
  let done = false;
  try {
    yield { metadata: stream.schema, body: NOTHING };
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) yield next.value;
    done = true;
  } finally {
    if (!done) await batches.return?.();
  }
}

async function* encoded<T>(
  encode: (value: T) => Buffer,
  values: () => AsyncIterable<T> | Iterable<T>,
): AsyncGenerator<Buffer> {
  for await (const value of values()) yield encode(value);
}

function act(producer: FlightProducer, request: Buffer, call: FlightCall): AsyncIterable<Uint8Array> {
  const { type, body } = messages.decodeAction(request);
  if (!producer.actions.some((action) => action.type === type)) {
    throw new FlightRefusal(
      'UNIMPLEMENTED',
      `unknown action ${JSON.stringify(type)}; ListActions names those there are`,
    );
  }
  return producer.doAction(type, body, call);
}

async function poll(producer: FlightProducer, request: Buffer, call: FlightCall): Promise<PollInfo> {
  const descriptor = messages.decodeDescriptor(request);
  if (producer.pollFlightInfo) return producer.pollFlightInfo(descriptor, call);
  const info = await producer.getFlightInfo(descriptor, call);
  return { info, progress: 1 };
}

/** Messages on their way as the transport has them. */
const frames = new WeakMap<FlightMessage, MessageFrame>();

const FLIGHT_DATA: Sendable<FlightMessage> = {
  length: flightDataLength,
  settled(message, sent) {
    if (sent) frames.get(message)?.free();
    message.onSettled?.(sent);
  },
};

const ENCODED: Sendable<Buffer> = { length: (message) => message.byteLength, settled: () => undefined };

function frame(message: FlightMessage): Buffer {
  const framed = flightDataFrame(message);
  frames.set(message, framed);
  return framed.asBuffer;
}

/** Requests and small responses cross grpc-js as bytes; FlightData is encoded as late as possible. */
const DEFINITION: ServiceDefinition = Object.fromEntries(
  Object.entries(messages.FLIGHT_SERVICE).map(([name, method]) => [
    name,
    {
      ...method,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: name === 'DoGet' ? frame : (bytes: Buffer) => bytes,
    },
  ]),
);
