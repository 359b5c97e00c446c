/**
 * Arrow IPC messages (https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc).
 *
 *   encapsulated message = FF FF FF FF | int32 metadata length, little-endian | metadata, padded to 8 | body
 *   metadata             = flatbuffer Message, written by apache-arrow
 *   body                 = the columns' buffers one after the other, each padded to 8
 *
 * A Flight message carries metadata and body apart and without the prefix; a stream file has the prefix before each.
 */
import { Message, type Schema } from 'apache-arrow';
import { BufferRegion, FieldNode, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import type { ColumnKind } from './columns/column.js';
import { SpareBuffers } from './spare-buffers.js';

/** Makes every buffer anew. */
const NO_SPARE = new SpareBuffers();

const ALIGNMENT = 8;
const CONTINUATION = 0xffffffff;

/** What one column has been built into. */
export interface BuiltColumn {
  readonly nullCount: number;
  /** Validity first; see the builders. */
  readonly buffers: readonly Uint8Array[];
}

/** A message body that is put together where it is wanted: see columns/join.ts. */
export interface JoinedBody {
  readonly byteLength: number;
  /** Writes all of it to `target` at `at`. */
  copyTo(target: Uint8Array, at: number): void;
}

/** A record batch as an IPC message. */
export interface BatchMessage {
  readonly rows: number;
  /** Padded to 8 bytes. */
  readonly metadata: Uint8Array<ArrayBuffer>;
  readonly body: Uint8Array<ArrayBuffer> | JoinedBody;
  /** For each column its null count, then offset and length in the body of each of its buffers. */
  readonly layout: Int32Array<ArrayBuffer>;
}

/** A record batch in one piece. A worker's are views on one buffer, which may be somewhat larger. */
export interface RecordBatchMessage extends BatchMessage {
  readonly body: Uint8Array<ArrayBuffer>;
}

/** `length` rounded up to where the next buffer of a body may start. */
export function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

/** Bytes that `columns` take in a message body. */
export function bodyLength(columns: readonly BuiltColumn[]): number {
  let length = 0;
  for (const column of columns) for (const buffer of column.buffers) length += padded(buffer.length);
  return length;
}

/** Copies built columns of `rows` rows into one record batch message, in memory from `spare`. */
export function encodeRecordBatch(
  rows: number,
  columns: readonly BuiltColumn[],
  spare: SpareBuffers = NO_SPARE,
): RecordBatchMessage {
  const { metadata, length, regions, layout } = describeRecordBatch(rows, columns);
  const metadataLength = padded(metadata.length);
  const message = new Uint8Array(spare.take(length + metadataLength), 0, length + metadataLength);
  let region = 0;
  for (const { buffers } of columns) {
    for (const buffer of buffers) setPadded(message, buffer, regions[region++]!.offset);
  }
  setPadded(message, metadata, length);
  return {
    rows,
    metadata: message.subarray(length),
    body: message.subarray(0, length),
    layout,
  };
}

interface RecordBatchDescription {
  readonly metadata: Uint8Array;
  /** Of the body, in bytes. */
  readonly length: number;
  /** Where in the body the columns' buffers go, one after the other. */
  readonly regions: readonly BufferRegion[];
  /** See {@link RecordBatchMessage}. */
  readonly layout: Int32Array<ArrayBuffer>;
}

/** The metadata of a record batch of `rows` rows, of which only the lengths of buffers count, and where these go. */
export function describeRecordBatch(
  rows: number,
  columns: readonly { readonly nullCount: number; readonly buffers: readonly { readonly length: number }[] }[],
): RecordBatchDescription {
  const nodes: FieldNode[] = [];
  const regions: BufferRegion[] = [];
  const layout: number[] = [];
  let offset = 0;
  for (const { nullCount, buffers } of columns) {
    nodes.push(new FieldNode(rows, nullCount));
    layout.push(nullCount);
    for (const { length } of buffers) {
      regions.push(new BufferRegion(offset, length));
      layout.push(offset, length);
      offset += padded(length);
    }
  }
  const metadata = Message.encode(Message.from(new RecordBatch(rows, nodes, regions, null), offset));
  return { metadata, length: offset, regions, layout: Int32Array.from(layout) };
}

/** A batch in one piece: for whoever keeps it, or writes it more than once. */
export function wholeBatch(batch: BatchMessage): RecordBatchMessage {
  const { body } = batch;
  if (body instanceof Uint8Array) return batch as RecordBatchMessage;
  const whole = new Uint8Array(body.byteLength);
  body.copyTo(whole, 0);
  return { ...batch, body: whole };
}

/** Copies `bytes` to `offset` with zeros up to the next multiple of 8: the memory has been used before. */
function setPadded(target: Uint8Array, bytes: Uint8Array, offset: number): void {
  target.set(bytes, offset);
  target.fill(0, offset + bytes.length, offset + padded(bytes.length));
}

/** A record batch without rows: what a stream sends when it only has its progress to tell. */
export function emptyRecordBatch(kinds: readonly ColumnKind[]): RecordBatchMessage {
  const none = new Uint8Array(0);
  const noText = new Uint8Array(new Int32Array(1).buffer);
  const columns = kinds.map((kind) => ({
    nullCount: 0,
    buffers: kind === 'utf8' ? [none, noText, none] : [none, none],
  }));
  return encodeRecordBatch(0, columns);
}

/** Bytes of memory that a message keeps: its buffer may be larger than what is in it. */
export function heldBytes(message: RecordBatchMessage): number {
  return message.body.buffer.byteLength;
}

/** The schema as message metadata, padded to 8 bytes. */
export function encodeSchema(schema: Schema): Uint8Array<ArrayBuffer> {
  const metadata = Message.encode(Message.from(schema));
  const message = new Uint8Array(padded(metadata.length));
  message.set(metadata);
  return message;
}

/** The prefix that goes before metadata in a stream file and in FlightInfo.schema. */
export function encapsulationPrefix(metadata: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(CONTINUATION, 0);
  prefix.writeInt32LE(metadata.length, 4);
  return prefix;
}

/** What ends a stream file. */
export const END_OF_STREAM: Uint8Array = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
