/**
 * Joins record batches of one schema into one, byte for byte what building their rows at once would have given. Small
 * ledgers are decoded apart, on whichever thread is free; what one batch holds is decided where their order is known.
 */
import { encodeRecordBatch, type BuiltColumn, type RecordBatchMessage } from '../ipc.js';
import { bitmapBytes, clearPaddingBits } from './builders.js';
import type { ColumnKind } from './column.js';

/** `kinds` are those of the columns in order. At least one message. */
export function mergeRecordBatches(
  kinds: readonly ColumnKind[],
  messages: readonly RecordBatchMessage[],
): RecordBatchMessage {
  if (messages.length === 1) return messages[0]!;
  const rows = messages.reduce((sum, message) => sum + message.rows, 0);
  const columns: BuiltColumn[] = [];
  let at = 0;
  for (const kind of kinds) {
    const parts = messages.map((message) => columnPart(message, at, kind));
    columns.push(mergeColumn(kind, parts, rows));
    at += layoutWords(kind);
  }
  return encodeRecordBatch(rows, columns);
}

/** One column of one message. */
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

function mergeColumn(kind: ColumnKind, parts: readonly ColumnPart[], rows: number): BuiltColumn {
  const nullCount = parts.reduce((sum, part) => sum + part.nullCount, 0);
  const validity = nullCount === 0 ? new Uint8Array(0) : joinValidity(parts, rows);
  const last = bufferCount(kind) - 1;
  const values = parts.map((part) => part.buffers[last]!);
  switch (kind) {
    case 'utf8':
      return { nullCount, buffers: [validity, joinOffsets(parts, rows), Buffer.concat(values)] };
    case 'bool':
      return {
        nullCount,
        buffers: [
          validity,
          joinBits(
            parts.map(({ rows: n }, i) => ({ rows: n, bits: values[i]! })),
            rows,
          ),
        ],
      };
    case 'uint32':
    case 'int64':
    case 'timestamp':
      return { nullCount, buffers: [validity, Buffer.concat(values)] };
  }
}

function joinOffsets(parts: readonly ColumnPart[], rows: number): Uint8Array {
  const joined = new Int32Array(rows + 1);
  let row = 0;
  let base = 0;
  for (const part of parts) {
    const bytes = part.buffers[1]!;
    const offsets = new Int32Array(bytes.buffer, bytes.byteOffset, part.rows + 1);
    for (let i = 1; i <= part.rows; i += 1) joined[row + i] = base + offsets[i]!;
    row += part.rows;
    base += offsets[part.rows]!;
  }
  return new Uint8Array(joined.buffer);
}

function joinValidity(parts: readonly ColumnPart[], rows: number): Uint8Array {
  return joinBits(
    parts.map(({ rows: n, nullCount, buffers }) => ({
      rows: n,
      bits: nullCount === 0 ? new Uint8Array(bitmapBytes(n)).fill(0xff) : buffers[0]!,
    })),
    rows,
  );
}

function joinBits(parts: readonly { readonly rows: number; readonly bits: Uint8Array }[], rows: number): Uint8Array {
  // One byte more than needed, so that the last shifted byte has a place to spill its zeros into.
  const joined = new Uint8Array(bitmapBytes(rows) + 1);
  let row = 0;
  for (const part of parts) {
    const byte = row >> 3;
    const shift = row & 7;
    const count = bitmapBytes(part.rows);
    for (let i = 0; i < count; i += 1) {
      // Bits behind the part's end may be set (all-valid parts are filled with ones): they must not reach its successor.
      const bits =
        i === count - 1 && (part.rows & 7) !== 0 ? part.bits[i]! & ((1 << (part.rows & 7)) - 1) : part.bits[i]!;
      joined[byte + i]! |= bits << shift;
      if (shift !== 0) joined[byte + i + 1]! |= bits >> (8 - shift);
    }
    row += part.rows;
  }
  const bitmap = joined.subarray(0, bitmapBytes(rows));
  clearPaddingBits(bitmap, rows);
  return bitmap;
}
