/**
 * FlightData as received: views of the message it came in, since protobufjs would copy every body.
 *
 *   FlightData = 2 data_header bytes, 3 app_metadata bytes, 1000 data_body bytes; each may be absent
 */
import { visitFields } from '../grpc/protobuf-fields.js';

const DATA_HEADER = 2;
const APP_METADATA = 3;
const DATA_BODY = 1000;
const NOTHING = new Uint8Array(0);

export interface FlightData {
  /** Flatbuffer Message, without prefix. */
  readonly metadata: Uint8Array;
  readonly body: Uint8Array;
  /** Empty where there is none. */
  readonly appMetadata: Uint8Array;
  /** The message itself, all of the above. */
  readonly message: Uint8Array;
}

/** Throws a RangeError for bytes that are no message. */
export function decodeFlightData(message: Buffer): FlightData {
  let metadata: Uint8Array = NOTHING;
  let body: Uint8Array = NOTHING;
  let appMetadata: Uint8Array = NOTHING;
  visitFields(message, {
    varint: () => undefined,
    bytes: (field, value) => {
      if (field === DATA_HEADER) metadata = value;
      else if (field === APP_METADATA) appMetadata = value;
      else if (field === DATA_BODY) body = value;
    },
  });
  return { metadata, body, appMetadata, message };
}
