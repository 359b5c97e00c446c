/**
 * The columns of a record batch as it came over the wire: views of the message's body, nothing copied.
 *
 * Every length and offset is checked here against the body, so that what reads the views need not.
 */
import { Message } from 'apache-arrow';
import { ProcessorError } from '../../../workers/errors.js';
import type { FieldPlan } from './table-plan.js';

/** One column of a batch, in Arrow's memory format, little-endian. */
export interface BatchColumn {
  readonly rows: number;
  readonly nullCount: number;
  /** Bit per row, least significant first, 1 where there is a value. Read only where there are nulls. */
  readonly validity: Uint8Array;
  readonly values: Buffer;
  /** Over {@link values}. */
  readonly view: DataView;
  /** `rows + 1` offsets of text in {@link values}, ascending and in bounds; empty for other types. */
  readonly offsets: Int32Array;
}

export interface BatchMessage {
  /** IPC message metadata without prefix. */
  readonly metadata: Uint8Array;
  readonly body: Uint8Array;
}

const BUFFERS_OF_TEXT = 3;
const BUFFERS_OF_OTHERS = 2;
const NO_OFFSETS = new Int32Array(0);

/** The columns of `fields`, in their order. Throws FLIGHT_INVALID for a batch that does not hold what it says. */
export function batchColumns({ metadata, body }: BatchMessage, fields: readonly FieldPlan[]): BatchColumn[] {
  const message = Message.decode(metadata);
  if (!message.isRecordBatch()) throw invalid('a record batch expected, another message came');
  const header = message.header();
  if (header.compression !== null) throw invalid('a record batch without compression expected');
  const { length: rows, nodes, buffers } = header;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);

  const region = (index: number, atLeast: number): Buffer => {
    const found = buffers[index];
    if (
      found === undefined ||
      found.length < atLeast ||
      found.offset < 0 ||
      found.offset + found.length > bytes.length
    ) {
      const has = `${found?.length ?? 0} of ${bytes.length}`;
      throw invalid(`a record batch with a buffer ${index} of at least ${atLeast} bytes expected, it has ${has}`);
    }
    const { offset, length } = found;
    return bytes.subarray(offset, offset + length);
  };
  return fields.map(({ name, index, firstBuffer, type }) => {
    const node = nodes[index];
    if (node?.length !== rows) throw invalid(`column ${name}: ${rows} rows expected, ${node?.length ?? 0} found`);
    const { nullCount } = node;
    const validity = region(firstBuffer, nullCount === 0 ? 0 : (rows + 7) >> 3);
    if (type !== 'utf8') {
      const values = region(firstBuffer + 1, type === 'bool' ? (rows + 7) >> 3 : rows * (type === 'uint32' ? 4 : 8));
      return { rows, nullCount, validity, values, view: viewOf(values), offsets: NO_OFFSETS };
    }
    const values = region(firstBuffer + 2, 0);
    const offsets = rows === 0 ? NO_OFFSETS : offsetsOf(region(firstBuffer + 1, 4 * (rows + 1)), rows);
    if (!areInBounds(offsets, values.length)) throw invalid(`column ${name}: offsets out of order or out of bounds`);
    return { rows, nullCount, validity, values, view: viewOf(values), offsets };
  });
}

/** Buffers that a column of `type` has in a record batch. */
export function bufferCount(isText: boolean): number {
  return isText ? BUFFERS_OF_TEXT : BUFFERS_OF_OTHERS;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A message inside another one starts anywhere, so that a typed array cannot look at it in place. */
function offsetsOf(bytes: Buffer, rows: number): Int32Array {
  const offsets = new Int32Array(rows + 1);
  Buffer.from(offsets.buffer).set(bytes.subarray(0, offsets.byteLength));
  return offsets;
}

function areInBounds(offsets: Int32Array, end: number): boolean {
  let before = 0;
  for (const offset of offsets) {
    if (offset < before) return false;
    before = offset;
  }
  return before <= end;
}

function invalid(what: string): ProcessorError {
  return new ProcessorError('FLIGHT_INVALID', `the Flight service sent a malformed batch: ${what}`);
}
