/**
 * The small messages of Flight.proto, between their bytes and the values of flight-producer.ts. The grammar is the
 * proto file; only the descriptor's echo and nested FlightInfo are put together by hand.
 */
import type { ServiceDefinition } from '@grpc/grpc-js';
import { asProcessorError, ProcessorError } from '../../workers/errors.js';
import { encapsulationPrefix } from '../../workers/ipc.js';
import { loadProto } from '../grpc/load-proto.js';
import type { ActionType, FlightDescriptor, FlightEndpoint, FlightInfo, PollInfo } from './flight-producer.js';
import { encodeField } from '../grpc/varint.js';

const PACKAGE = 'arrow.flight.protocol';
const FLIGHT_INFO_DESCRIPTOR_TAG = [0x12];
const POLL_INFO_INFO_TAG = [0x0a];

const definitions = loadProto('arrow/flight/Flight.proto');

interface Codec {
  serialize(value: object): Buffer;
  deserialize(bytes: Uint8Array): object;
}

/** `arrow.flight.protocol.FlightService` as loaded. */
export const FLIGHT_SERVICE = definitions[`${PACKAGE}.FlightService`] as ServiceDefinition;

function codec(message: string): Codec {
  return definitions[`${PACKAGE}.${message}`] as unknown as Codec;
}

function encode(message: string, value: object): Buffer {
  return codec(message).serialize(value);
}

/** Throws REQUEST_INVALID for bytes that are not a `message`. */
function decode<Name extends keyof Received>(message: Name, bytes: Uint8Array): Received[Name] {
  try {
    return codec(message).deserialize(bytes) as Received[Name];
  } catch (error) {
    const reason = asProcessorError(error).message;
    throw new ProcessorError('REQUEST_INVALID', `${message} expected, the bytes are not one: ${reason}`, {}, error);
  }
}

// What proto-loader makes of a message: fields as spelled, defaults filled in, int64 as decimal strings.
interface TimestampFields {
  seconds: string;
  nanos: number;
}
interface DescriptorFields {
  type: string | number;
  cmd: Buffer;
  path: string[];
}
interface EndpointFields {
  ticket: { ticket: Buffer } | null;
  location: { uri: string }[];
  expiration_time: TimestampFields | null;
  app_metadata: Buffer;
}
interface Received {
  Criteria: { expression: Buffer };
  FlightDescriptor: DescriptorFields;
  Ticket: { ticket: Buffer };
  Action: { type: string; body: Buffer };
  HandshakeRequest: { payload: Buffer };
  CancelFlightInfoRequest: { info: { endpoint: EndpointFields[]; app_metadata: Buffer } | null };
  RenewFlightEndpointRequest: { endpoint: EndpointFields | null };
}

export function decodeDescriptor(bytes: Uint8Array): FlightDescriptor {
  return { ...descriptorOf(decode('FlightDescriptor', bytes)), encoded: bytes };
}

export function encodeDescriptor(descriptor: FlightDescriptor): Uint8Array {
  return descriptor.encoded ?? encode('FlightDescriptor', descriptorFields(descriptor));
}

export const decodeTicket = (bytes: Uint8Array): Uint8Array => decode('Ticket', bytes).ticket;

export const decodeCriteria = (bytes: Uint8Array): Uint8Array => decode('Criteria', bytes).expression;

export const decodeAction = (bytes: Uint8Array): { readonly type: string; readonly body: Uint8Array } =>
  decode('Action', bytes);

export const decodeHandshakeRequest = (bytes: Uint8Array): Uint8Array => decode('HandshakeRequest', bytes).payload;

export const encodeHandshakeResponse = (payload: Uint8Array): Buffer => encode('HandshakeResponse', { payload });

export const encodeResult = (body: Uint8Array): Buffer => encode('Result', { body });

export const encodeActionType = (action: ActionType): Buffer => encode('ActionType', action);

/** `schema` is message metadata; clients expect the encapsulated form, with its prefix. */
export const encodeSchemaResult = (schema: Uint8Array): Buffer =>
  encode('SchemaResult', { schema: encapsulated(schema) });

export function encodeFlightInfo(info: FlightInfo): Buffer {
  const rest = encode('FlightInfo', {
    schema: encapsulated(info.schema),
    endpoint: info.endpoints.map(endpointFields),
    total_records: (info.totalRecords ?? -1n).toString(),
    total_bytes: (info.totalBytes ?? -1n).toString(),
    ...(info.ordered === true && { ordered: true }),
    ...(info.appMetadata && { app_metadata: info.appMetadata }),
  });
  // The order of fields is free in protobuf, so the descriptor's own bytes can follow.
  return Buffer.concat([rest, encodeField(FLIGHT_INFO_DESCRIPTOR_TAG, encodeDescriptor(info.descriptor))]);
}

export function encodePollInfo({ info, next, progress, expirationTime }: PollInfo): Buffer {
  const rest = encode('PollInfo', {
    ...(next && { flight_descriptor: descriptorFields(next) }),
    ...(progress !== undefined && { progress }),
    ...(expirationTime && { expiration_time: timestampFields(expirationTime) }),
  });
  return Buffer.concat([encodeField(POLL_INFO_INFO_TAG, encodeFlightInfo(info)), rest]);
}

/** Body of the RenewFlightEndpoint action, whose result body is {@link encodeEndpoint}. */
export function decodeRenewFlightEndpointRequest(body: Uint8Array): FlightEndpoint {
  const { endpoint } = decode('RenewFlightEndpointRequest', body);
  if (endpoint === null) throw new ProcessorError('REQUEST_INVALID', 'RenewFlightEndpointRequest has no endpoint');
  return endpointOf(endpoint);
}

export const encodeEndpoint = (endpoint: FlightEndpoint): Buffer => encode('FlightEndpoint', endpointFields(endpoint));

/** Body of the CancelFlightInfo action: what it names, as far as the client gave it back. */
export function decodeCancelFlightInfoRequest(body: Uint8Array): Pick<FlightInfo, 'endpoints' | 'appMetadata'> {
  const { info } = decode('CancelFlightInfoRequest', body);
  if (info === null) throw new ProcessorError('REQUEST_INVALID', 'CancelFlightInfoRequest has no info');
  return {
    endpoints: info.endpoint.map(endpointOf),
    ...(info.app_metadata.length && { appMetadata: info.app_metadata }),
  };
}

/** Result body of the CancelFlightInfo action. */
export const encodeCancelFlightInfoResult = (status: 'CANCELLED' | 'CANCELLING' | 'NOT_CANCELLABLE'): Buffer =>
  encode('CancelFlightInfoResult', { status: `CANCEL_STATUS_${status}` });

function encapsulated(schema: Uint8Array): Buffer {
  return Buffer.concat([encapsulationPrefix(schema), schema]);
}

function descriptorOf({ type, cmd, path }: DescriptorFields): FlightDescriptor {
  if (type === 'PATH') return { kind: 'path', path };
  if (type === 'CMD') return { kind: 'command', command: cmd };
  throw new ProcessorError('REQUEST_INVALID', `descriptor of type PATH or CMD expected, got ${type}`, { key: 'type' });
}

function descriptorFields(descriptor: FlightDescriptor): object {
  return descriptor.kind === 'path'
    ? { type: 'PATH', path: descriptor.path }
    : { type: 'CMD', cmd: descriptor.command };
}

function endpointOf({ ticket, location, expiration_time, app_metadata }: EndpointFields): FlightEndpoint {
  return {
    ticket: ticket?.ticket ?? Buffer.alloc(0),
    locations: location.map(({ uri }) => uri),
    ...(expiration_time && { expirationTime: dateOf(expiration_time) }),
    ...(app_metadata.length && { appMetadata: app_metadata }),
  };
}

function endpointFields(endpoint: FlightEndpoint): object {
  return {
    ticket: { ticket: endpoint.ticket },
    location: (endpoint.locations ?? []).map((uri) => ({ uri })),
    ...(endpoint.expirationTime && { expiration_time: timestampFields(endpoint.expirationTime) }),
    ...(endpoint.appMetadata && { app_metadata: endpoint.appMetadata }),
  };
}

/** google.protobuf.Timestamp: nanos count forward, also before 1970. */
function timestampFields(date: Date): TimestampFields {
  const seconds = Math.floor(date.getTime() / 1000);
  return { seconds: seconds.toString(), nanos: (date.getTime() - seconds * 1000) * 1_000_000 };
}

function dateOf({ seconds, nanos }: TimestampFields): Date {
  return new Date(Number(seconds) * 1000 + Math.floor(nanos / 1_000_000));
}
