/**
 * The fields of a protobuf message in their order on the wire
 * (https://protobuf.dev/programming-guides/encoding/), without a copy of what they hold.
 *
 *   message := (tag value)*          tag := varint (field << 3 | wire type)
 *   value   := varint                wire type 0
 *            | 8 bytes               wire type 1, passed over
 *            | varint length, bytes  wire type 2
 *            | 4 bytes               wire type 5, passed over
 *
 * Groups (3 and 4) have been out of use since before gRPC and are refused.
 */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const MAX_VARINT_BYTES = 10;

export interface FieldVisitor {
  /** The low and the high 32 bits, both unsigned. */
  varint(field: number, low: number, high: number): void;
  /** A view of the message. */
  bytes(field: number, value: Buffer): void;
}

/** Throws a RangeError for bytes that are not a message. */
export function visitFields(message: Buffer, visitor: FieldVisitor): void {
  const reader = new VarintReader(message);
  while (reader.position < message.length) {
    reader.read();
    const field = reader.low >>> 3;
    const wireType = reader.low & 7;
    if (field === 0) throw new RangeError(`protobuf field 0 at byte ${reader.position}`);
    switch (wireType) {
      case VARINT:
        reader.read();
        visitor.varint(field, reader.low, reader.high);
        break;
      case LENGTH_DELIMITED: {
        reader.read();
        const length = reader.high === 0 ? reader.low : Infinity;
        const start = reader.position;
        reader.skip(length);
        visitor.bytes(field, message.subarray(start, start + length));
        break;
      }
      case FIXED64:
        reader.skip(8);
        break;
      case FIXED32:
        reader.skip(4);
        break;
      default:
        throw new RangeError(`protobuf wire type ${wireType} at byte ${reader.position}`);
    }
  }
}

class VarintReader {
  position = 0;
  low = 0;
  high = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Reads a varint into `low` and `high`: seven bits a byte, least significant first. */
  read(): void {
    let low = 0;
    let high = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i += 1) {
      const byte = this.bytes[this.position];
      if (byte === undefined) throw new RangeError(`protobuf message cut off in a varint at byte ${this.position}`);
      this.position += 1;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new RangeError(`protobuf varint of more than ${MAX_VARINT_BYTES} bytes at byte ${this.position}`);
  }

  skip(length: number): void {
    if (length > this.bytes.length - this.position) {
      throw new RangeError(
        `protobuf message cut off: ${length} bytes expected at byte ${this.position} of ${this.bytes.length}`,
      );
    }
    this.position += length;
  }
}
