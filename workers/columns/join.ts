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
    const parts = batches.map((batch) => columnPart(batch, at, kind));
    at += layoutWords(kind);
    return joinColumn(kind, parts, rows);
  });
  const { metadata, length, regions, layout } = describeRecordBatch(rows, columns);
  const buffers = columns.flatMap((column) => column.buffers);
  const body: JoinedBody = {
    byteLength: length,
    copyTo(target, start) {
      buffers.forEach((buffer, i) => {
        const offset = start + regions[i]!.offset;
        buffer.copyTo(target, offset);
        target.fill(0, offset + buffer.length, offset + padded(buffer.length));
      });
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
  const { rows, body, layout } = message;
  const buffers = Array.from({ length: bufferCount(kind) }, (_, i) => {
    const offset = layout[at + 1 + 2 * i]!;
    return body.subarray(offset, offset + layout[at + 2 + 2 * i]!);
  });
  return { rows, nullCount: layout[at]!, buffers };
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

function joinColumn(kind: ColumnKind, parts: readonly ColumnPart[], rows: number): JoinedColumn {
  const nullCount = parts.reduce((sum, part) => sum + part.nullCount, 0);
  const validity = bytes(nullCount === 0 ? [] : [joinValidity(parts, rows)]);
  const last = bufferCount(kind) - 1;
  const values = parts.map((part) => part.buffers[last]!);
  switch (kind) {
    case 'utf8':
      return { nullCount, buffers: [validity, offsets(parts, rows), bytes(values)] };
    case 'bool':
      return {
        nullCount,
        buffers: [
          validity,
          bytes([
            joinBits(
              parts.map(({ rows: n }, i) => [n, values[i]!]),
              rows,
            ),
          ]),
        ],
      };
    case 'uint32':
    case 'int64':
    case 'timestamp':
      return { nullCount, buffers: [validity, bytes(values)] };
  }
}

function bytes(parts: readonly Uint8Array[]): JoinedBuffer {
  return {
    length: parts.reduce((sum, part) => sum + part.length, 0),
    copyTo(target, at) {
      let end = at;
      for (const part of parts) {
        target.set(part, end);
        end += part.length;
      }
    },
  };
}

/** Offsets count from the start of the joined text. `target` need not be aligned. */
function offsets(parts: readonly ColumnPart[], rows: number): JoinedBuffer {
  return {
    length: 4 * (rows + 1),
    copyTo(target, at) {
      const out = new DataView(target.buffer, target.byteOffset + at, 4 * (rows + 1));
      out.setInt32(0, 0, true);
      let end = 4;
      let base = 0;
      for (const part of parts) {
        const buffer = part.buffers[1]!;
        const ends = new Int32Array(buffer.buffer, buffer.byteOffset, part.rows + 1);
        for (let i = 1; i <= part.rows; i += 1, end += 4) out.setInt32(end, base + ends[i]!, true);
        base += ends[part.rows]!;
      }
    },
  };
}

function joinValidity(parts: readonly ColumnPart[], rows: number): Uint8Array {
  const bits = parts.map(({ rows: n, nullCount, buffers }): [number, Uint8Array] => [
    n,
    nullCount === 0 ? new Uint8Array(bitmapBytes(n)).fill(0xff) : buffers[0]!,
  ]);
  return joinBits(bits, rows);
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
