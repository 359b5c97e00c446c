/**
 * FlightData, the one message that is large and frequent, written by hand and straight to where grpc-js wants it:
 *
 *   FlightData  = header [metadata] [body]
 *   header      = 12    <varint length> <flatbuffer Message, no prefix, padded to 8>     field 2, data_header
 *   metadata    = 1A    <varint length> <bytes>                                          field 3, app_metadata
 *   body        = C2 3E <varint length> <buffers, each padded to 8>                      field 1000, data_body
 *
 * Unset fields are left out rather than written empty: the C++ client tells the two apart.
 */
import { ProcessorError } from '../../workers/errors.js';
import type { FlightMessage } from './flight-producer.js';
import { MessageFrame } from '../grpc/message-frame.js';
import { fieldLength, writeField } from '../grpc/varint.js';

const HEADER_TAG = [0x12];
const APP_METADATA_TAG = [0x1a];
const BODY_TAG = [0xc2, 0x3e];

/**
 * The largest message sent, in encoded bytes. Most clients (Go, Rust, JavaScript, plain gRPC in any language) receive
 * at most 4 MiB unless told otherwise.
 */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024 - 1;

/** The encoded size of `message`. Throws for a message that clients cannot read. */
export function flightDataLength({ metadata, body, appMetadata }: FlightMessage): number {
  if (metadata.byteLength === 0 || metadata.byteLength % 8 !== 0) {
    throw new ProcessorError('INTERNAL', `message metadata padded to 8 bytes expected, got ${metadata.byteLength}`);
  }
  let length = fieldLength(HEADER_TAG.length, metadata.byteLength);
  if (isSet(appMetadata)) length += fieldLength(APP_METADATA_TAG.length, appMetadata.byteLength);
  if (isSet(body)) length += fieldLength(BODY_TAG.length, body.byteLength);
  if (length > MAX_MESSAGE_BYTES) {
    throw new ProcessorError(
      'INTERNAL',
      `a Flight message of ${length} bytes is above the limit of ${MAX_MESSAGE_BYTES}`,
    );
  }
  return length;
}

/** `message` for grpc-js. Throws for a message that clients cannot read. */
export function flightDataFrame(message: FlightMessage): MessageFrame {
  const { metadata, appMetadata, body } = message;
  return new MessageFrame(flightDataLength(message), (target, start) => {
    let end = writeField(target, start, HEADER_TAG, metadata);
    if (isSet(appMetadata)) end = writeField(target, end, APP_METADATA_TAG, appMetadata);
    if (isSet(body)) writeField(target, end, BODY_TAG, body);
  });
}

function isSet<Bytes extends { readonly byteLength: number }>(bytes: Bytes | undefined): bytes is Bytes {
  return bytes !== undefined && bytes.byteLength > 0;
}
