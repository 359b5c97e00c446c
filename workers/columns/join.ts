/**
 * Joins record batches of one schema into one, byte for byte what building their rows at once would have given. Small
 * ledgers are decoded apart, on whichever thread is free; what one batch holds is decided where their order is known.
 *
 * Nothing is copied until the joined body is written to where it goes: for a stream that is the transport's own buffer.
 */
import { describeRecordBatch, padded, type BatchMessage, type JoinedBody, type RecordBatchMessage } from '../ipc.js';
import { bitmapBytes, clearPaddingBits } from './builders.js';
import type { ColumnKind } from './column.js';

/** `kinds` are those of the columns in order. At least one batch. */
export function joinRecordBatches(kinds: readonly ColumnKind[], batches: readonly RecordBatchMessage[]): BatchMessage {
  if (batches.length === 1) return batches[0]!;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  let at = 0;
  const columns = kinds.map((kind) => {
    const column = joinColumn(kind, { batches, at, rows });
    at += layoutWords(kind);
    return column;
  });
  const { metadata, length, regions, layout } = describeRecordBatch(rows, columns);
  const body: JoinedBody = {
    byteLength: length,
    copyTo(target, start) {
      let region = 0;
      for (const { buffers } of columns) {
        for (const buffer of buffers) {
          const offset = start + regions[region++]!.offset;
          buffer.copyTo(target, offset);
          target.fill(0, offset + buffer.length, offset + padded(buffer.length));
        }
      }
    },
  };
  const paddedMetadata = new Uint8Array(padded(metadata.length));
  paddedMetadata.set(metadata);
  return { rows, metadata: paddedMetadata, body, layout };
}

/** One column of one batch. */
export interface ColumnPart {
  readonly rows: number;
  readonly nullCount: number;
  readonly buffers: readonly Uint8Array[];
}

function bufferCount(kind: ColumnKind): number {
  return kind === 'utf8' ? 3 : 2;
}

/** Words that a column takes in a message's layout: null count, then offset and length of each buffer. */
export function layoutWords(kind: ColumnKind): number {
  return 1 + 2 * bufferCount(kind);
}

export function columnPart(message: RecordBatchMessage, at: number, kind: ColumnKind): ColumnPart {
  const buffers = Array.from({ length: bufferCount(kind) }, (_, i) => bufferOf(message, at, i));
  return { rows: message.rows, nullCount: message.layout[at]!, buffers };
}

/** A buffer of a joined column. */
interface JoinedBuffer {
  /** Bytes without padding. */
  readonly length: number;
  copyTo(target: Uint8Array, at: number): void;
}

interface JoinedColumn {
  readonly nullCount: number;
  readonly buffers: readonly JoinedBuffer[];
}

/** A column of the batches to be joined, `rows` in all; `at` is where it begins in their layouts. */
interface ColumnParts {
  readonly batches: readonly RecordBatchMessage[];
  readonly at: number;
  readonly rows: number;
}

/** Of the parts only lengths are looked at here: views of all buffers of all columns would be much garbage. */
function joinColumn(kind: ColumnKind, parts: ColumnParts): JoinedColumn {
  const nullCount = sumOf(parts, 0);
  const validity = nullCount === 0 ? NOTHING : joinedValidity(parts);
  switch (kind) {
    case 'utf8':
      return { nullCount, buffers: [validity, joinedOffsets(parts), joinedBytes(parts, 2)] };
    case 'bool':
      return { nullCount, buffers: [validity, joinedBits(parts, (batch) => bufferOf(batch, parts.at, 1))] };
    case 'uint32':
    case 'int64':
    case 'timestamp':
      return { nullCount, buffers: [validity, joinedBytes(parts, 1)] };
  }
}

const NOTHING: JoinedBuffer = { length: 0, copyTo: () => undefined };

/** Over the batches, of the word that is the column's `word`th. */
function sumOf({ batches, at }: ColumnParts, word: number): number {
  let sum = 0;
  for (const { layout } of batches) sum += layout[at + word]!;
  return sum;
}

/** The `index`th buffer of the column that begins at `at` in the message's layout. */
function bufferOf({ body, layout }: RecordBatchMessage, at: number, index: number): Uint8Array {
  const offset = layout[at + 1 + 2 * index]!;
  return body.subarray(offset, offset + layout[at + 2 + 2 * index]!);
}

function joinedBytes(parts: ColumnParts, index: number): JoinedBuffer {
  return {
    length: sumOf(parts, 2 + 2 * index),
    copyTo(target, at) {
      let end = at;
      for (const batch of parts.batches) {
        const bytes = bufferOf(batch, parts.at, index);
        target.set(bytes, end);
        end += bytes.length;
      }
    },
  };
}

/** Offsets count from the start of the joined text. `target` need not be aligned. */
function joinedOffsets(parts: ColumnParts): JoinedBuffer {
  const { batches, rows } = parts;
  return {
    length: 4 * (rows + 1),
    copyTo(target, at) {
      const out = new DataView(target.buffer, target.byteOffset + at, 4 * (rows + 1));
      out.setInt32(0, 0, true);
      let end = 4;
      let base = 0;
      for (const batch of batches) {
        const buffer = bufferOf(batch, parts.at, 1);
        const ends = new Int32Array(buffer.buffer, buffer.byteOffset, batch.rows + 1);
        for (let i = 1; i <= batch.rows; i += 1, end += 4) out.setInt32(end, base + ends[i]!, true);
        base += ends[batch.rows]!;
      }
    },
  };
}

function joinedValidity(parts: ColumnParts): JoinedBuffer {
  return joinedBits(parts, (batch) =>
    batch.layout[parts.at] === 0 ? new Uint8Array(bitmapBytes(batch.rows)).fill(0xff) : bufferOf(batch, parts.at, 0),
  );
}

function joinedBits({ batches, rows }: ColumnParts, bitsOf: (batch: RecordBatchMessage) => Uint8Array): JoinedBuffer {
  return {
    length: bitmapBytes(rows),
    copyTo(target, at) {
      const bits = batches.map((batch): [number, Uint8Array] => [batch.rows, bitsOf(batch)]);
      target.set(joinBits(bits, rows), at);
    },
  };
}

function joinBits(parts: readonly (readonly [rows: number, bits: Uint8Array])[], rows: number): Uint8Array {
  // One byte more than needed, so that the last shifted byte has a place to spill its zeros into.
  const joined = new Uint8Array(bitmapBytes(rows) + 1);
  let row = 0;
  for (const [partRows, partBits] of parts) {
    const byte = row >> 3;
    const shift = row & 7;
    const count = bitmapBytes(partRows);
    for (let i = 0; i < count; i += 1) {
      // Bits behind the part's end may be set (all-valid parts are filled with ones): they must not reach its successor.
      const isLast = i === count - 1 && (partRows & 7) !== 0;
      const bits = isLast ? partBits[i]! & ((1 << (partRows & 7)) - 1) : partBits[i]!;
      joined[byte + i]! |= bits << shift;
      if (shift !== 0) joined[byte + i + 1]! |= bits >> (8 - shift);
    }
    row += partRows;
  }
  const bitmap = joined.subarray(0, bitmapBytes(rows));
  clearPaddingBits(bitmap, rows);
  return bitmap;
}
