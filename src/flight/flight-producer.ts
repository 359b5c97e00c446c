/**
 * What stands behind the Flight service: the producer of flights, and the values the two exchange.
 *
 * The service owns the wire (messages, limits, back-pressure, cancellation, statuses); a producer knows flights, tickets
 * and batches. Whatever a producer throws ends the call with a status, see status.ts.
 */
import type { Metadata } from '@grpc/grpc-js';
import type { ScatteredBytes } from '../grpc/varint.js';

/** Names a flight (FlightDescriptor). `encoded` is the message as the client sent it, which an echo repeats exactly. */
export type FlightDescriptor =
  | { readonly kind: 'path'; readonly path: readonly string[]; readonly encoded?: Uint8Array }
  | { readonly kind: 'command'; readonly command: Uint8Array; readonly encoded?: Uint8Array };

/** Where and how to read a part of a flight (FlightEndpoint). */
export interface FlightEndpoint {
  readonly ticket: Uint8Array;
  /** URIs; absent or empty: at this service, which every client understands. */
  readonly locations?: readonly string[];
  /** Clients may repeat DoGet until then. Millisecond resolution. */
  readonly expirationTime?: Date;
  readonly appMetadata?: Uint8Array;
}

export interface FlightInfo {
  /** IPC schema message metadata without prefix; the same bytes as {@link FlightStream.schema} of its tickets. */
  readonly schema: Uint8Array;
  /** As asked for: some clients insist on getting theirs back byte for byte. */
  readonly descriptor: FlightDescriptor;
  readonly endpoints: readonly FlightEndpoint[];
  /** Rows in all endpoints; -1, the default, where unknown. */
  readonly totalRecords?: bigint;
  readonly totalBytes?: bigint;
  /** The endpoints are in the order of the data. */
  readonly ordered?: boolean;
  readonly appMetadata?: Uint8Array;
}

export interface PollInfo {
  readonly info: FlightInfo;
  /** What to poll next; absent when the flight is complete. */
  readonly next?: FlightDescriptor;
  /** In [0, 1]. */
  readonly progress?: number;
  readonly expirationTime?: Date;
}

/** One IPC message on its way to a reader. The bytes are not copied before they are sent: do not change them. */
export interface FlightMessage {
  /** Flatbuffer Message, padded to 8 bytes, without prefix. Never empty: many clients end at a message without it. */
  readonly metadata: Uint8Array;
  readonly body: Uint8Array | ScatteredBytes;
  /** Left out of the message when absent or empty. */
  readonly appMetadata?: Uint8Array;
  /** Called once, when the transport no longer holds the bytes: true when it has sent them, false when it dropped them. */
  readonly onSettled?: (sent: boolean) => void;
}

export interface FlightStream {
  /** IPC schema message metadata, padded to 8 bytes; sent at once. */
  readonly schema: Uint8Array;
  /** Record batches. Pulled one by one as the reader takes them; `return()` is called when the call ends early. */
  readonly messages: AsyncIterable<FlightMessage>;
}

export interface ActionType {
  readonly type: string;
  readonly description: string;
}

/** The call a request came with. */
export interface FlightCall {
  /** Aborted when the call is over for any reason: cancelled, past its deadline, disconnected, or answered. */
  readonly signal: AbortSignal;
  /** Request headers, keys in lower case. */
  readonly headers: Metadata;
  /** Address and port of the other side. */
  readonly peer: string;
  /** Ends the call with an error from outside of its stream, also while its reader stands still. */
  readonly end: (error: unknown) => void;
}

export interface FlightProducer {
  /** What DoAction offers; other types are UNIMPLEMENTED. */
  readonly actions: readonly ActionType[];

  /** `criteria` is opaque; empty asks for all. */
  listFlights(criteria: Uint8Array, call: FlightCall): AsyncIterable<FlightInfo> | Iterable<FlightInfo>;

  /** Plans a flight without running it. */
  getFlightInfo(descriptor: FlightDescriptor, call: FlightCall): Promise<FlightInfo>;

  /** Without it a flight is complete at once. */
  pollFlightInfo?(descriptor: FlightDescriptor, call: FlightCall): Promise<PollInfo>;

  /** Resolves to IPC schema message metadata, padded to 8 bytes. */
  getSchema(descriptor: FlightDescriptor, call: FlightCall): Promise<Uint8Array>;

  /**
   * Rejects for a ticket it does not know. Resolves before any work that takes time, so that the schema goes out at
   * once: clients wait for it inside their own `do_get`.
   */
  doGet(ticket: Uint8Array, call: FlightCall): Promise<FlightStream>;

  /** Yields the bodies of the results; `type` is one of {@link actions}. */
  doAction(type: string, body: Uint8Array, call: FlightCall): AsyncIterable<Uint8Array>;
}
