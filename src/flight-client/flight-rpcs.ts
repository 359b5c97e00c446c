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
  readonly app_metadata: Buffer;
}

/** What a service says of a flight before it is read. */
export interface FlightPlan {
  /** Of its endpoints, in order. */
  readonly tickets: readonly Buffer[];
  /** Empty where there is none. */
  readonly appMetadata: Buffer;
}

const service = loadProto('arrow/flight/Flight.proto')['arrow.flight.protocol.FlightService'] as unknown as Record<
  'GetFlightInfo' | 'DoGet',
  Method
>;

/** A command (descriptor of type CMD) in, the plan of its flight out. */
export const GET_FLIGHT_INFO = {
  path: service.GetFlightInfo.path,
  encode: (command: Uint8Array): Buffer => service.GetFlightInfo.requestSerialize({ type: 'CMD', cmd: command }),
  decode: (bytes: Buffer): FlightPlan => {
    const { endpoint, app_metadata: appMetadata } = service.GetFlightInfo.responseDeserialize(
      bytes,
    ) as FlightInfoFields;
    return { tickets: endpoint.map(({ ticket }) => ticket?.ticket ?? Buffer.alloc(0)), appMetadata };
  },
};

/** A ticket in, a stream of messages out. */
export const DO_GET = {
  path: service.DoGet.path,
  encode: (ticket: Uint8Array): Buffer => service.DoGet.requestSerialize({ ticket }),
  decode: (bytes: Buffer): FlightData => decodeFlightData(bytes),
};
