/** The two RPCs of Flight.proto that reading takes, as a gRPC client calls them. */
import { loadProto } from '../grpc/load-proto.js';
import { type FlightData, decodeFlightData } from './flight-data-message.js';

interface Method {
  readonly path: string;
  readonly requestSerialize: (value: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

interface FlightInfoFields {
  readonly endpoint: readonly { readonly ticket: { readonly ticket: Buffer } | null }[];
}

const service = loadProto('arrow/flight/Flight.proto')['arrow.flight.protocol.FlightService'] as unknown as Record<
  'GetFlightInfo' | 'DoGet',
  Method
>;

/** A command (descriptor of type CMD) in, the tickets of its endpoints out, in order. */
export const GET_FLIGHT_INFO = {
  path: service.GetFlightInfo.path,
  encode: (command: Uint8Array): Buffer => service.GetFlightInfo.requestSerialize({ type: 'CMD', cmd: command }),
  decode: (bytes: Buffer): Buffer[] => {
    const { endpoint } = service.GetFlightInfo.responseDeserialize(bytes) as FlightInfoFields;
    return endpoint.map(({ ticket }) => ticket?.ticket ?? Buffer.alloc(0));
  },
};

/** A ticket in, a stream of messages out. */
export const DO_GET = {
  path: service.DoGet.path,
  encode: (ticket: Uint8Array): Buffer => service.DoGet.requestSerialize({ ticket }),
  decode: (bytes: Buffer): FlightData => decodeFlightData(bytes),
};
