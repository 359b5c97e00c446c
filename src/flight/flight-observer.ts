/** What the Flight service tells whoever keeps its metrics. Called per RPC and per message, never per row. */

export type FlightMethod =
  | 'Handshake'
  | 'ListFlights'
  | 'GetFlightInfo'
  | 'PollFlightInfo'
  | 'GetSchema'
  | 'DoGet'
  | 'DoPut'
  | 'DoExchange'
  | 'DoAction'
  | 'ListActions';

export interface RpcEnd {
  /** gRPC status code; CANCELLED or DEADLINE_EXCEEDED also where the client was gone before it could be told. */
  readonly status: number;
  readonly durationMs: number;
  /** Messages the transport has taken, and their encoded bytes. */
  readonly messages: number;
  readonly bytes: number;
  /** Time spent waiting for the reader. */
  readonly blockedMs: number;
}

export interface FlightObserver {
  rpcStarted(method: FlightMethod): void;
  rpcEnded(method: FlightMethod, end: RpcEnd): void;
  /** The transport has taken a message, after `blockedMs` of waiting for the reader since the one before. */
  messageSent(method: FlightMethod, bytes: number, blockedMs: number): void;
  /** What all streams together hold in grpc-js changed by so much; the sum is the gauge. */
  queueChanged(messages: number, bytes: number): void;
}

export const UNOBSERVED: FlightObserver = {
  rpcStarted: () => undefined,
  rpcEnded: () => undefined,
  messageSent: () => undefined,
  queueChanged: () => undefined,
};
