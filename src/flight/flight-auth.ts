/** Who may call: the seam where authentication is put in front of a Flight service. */
import type { Metadata, ServerDuplexStream } from '@grpc/grpc-js';
import { asProcessorError } from '../../workers/errors.js';
import type { FlightCall } from './flight-producer.js';
import { decodeHandshakeRequest } from './messages.js';

export interface HandshakeReply {
  /** Response headers, where most clients look for `authorization`. */
  readonly headers?: Metadata;
  /** Payload of the one HandshakeResponse; none is sent without it. */
  readonly payload?: Uint8Array;
}

export interface FlightAuth {
  /** Before every RPC but Handshake. Throws FlightRefusal('UNAUTHENTICATED', …) for a call that may not proceed. */
  authenticate(call: FlightCall): void | Promise<void>;
  /** `payload` is empty where the client authenticates by headers alone. */
  handshake(payload: Uint8Array, call: FlightCall): HandshakeReply | Promise<HandshakeReply>;
}

/**
 * The payload to answer a Handshake for: of the first request, or empty when the client half-closes without one.
 * Clients that authenticate by headers do the latter; those with a payload wait for the answer before they half-close.
 */
export function handshakePayload(stream: ServerDuplexStream<Buffer, Buffer>): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    stream.once('data', (request: Buffer) => {
      try {
        resolve(decodeHandshakeRequest(request));
      } catch (error) {
        reject(asProcessorError(error));
      }
    });
    stream.once('end', () => resolve(new Uint8Array(0)));
  });
}
