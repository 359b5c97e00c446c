/** Reads cells back out of a record batch message, as the values that text formats print. */
import { columnPart, layoutWords } from '../../../workers/columns/join.js';
import type { ColumnKind } from '../../../workers/columns/column.js';
import type { RecordBatchMessage } from '../../../workers/ipc.js';

/** 64-bit integers are strings: a JSON reader would round them. Timestamps are ISO 8601 in UTC with whole seconds. */
export type Cell = string | number | boolean | null;

/** A reader per column; give it a row from 0. */
export function cellReaders(kinds: readonly ColumnKind[], message: RecordBatchMessage): ((row: number) => Cell)[] {
  let at = 0;
  return kinds.map((kind) => {
    const { nullCount, buffers } = columnPart(message, at, kind);
    at += layoutWords(kind);
    const read = valueReader(kind, buffers);
    if (nullCount === 0) return read;
    const validity = buffers[0]!;
    return (row) => (((validity[row >> 3]! >> (row & 7)) & 1) === 0 ? null : read(row));
  });
}

function valueReader(kind: ColumnKind, buffers: readonly Uint8Array[]): (row: number) => Cell {
  const values = buffers.at(-1)!;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  switch (kind) {
    case 'utf8': {
      const text = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
      const offsets = new DataView(buffers[1]!.buffer, buffers[1]!.byteOffset);
      return (row) => text.toString('utf8', offsets.getInt32(4 * row, true), offsets.getInt32(4 * row + 4, true));
    }
    case 'uint32':
      return (row) => view.getUint32(4 * row, true);
    case 'int64':
      return (row) => view.getBigInt64(8 * row, true).toString();
    case 'bool':
      return (row) => ((values[row >> 3]! >> (row & 7)) & 1) === 1;
    case 'timestamp':
      return (row) => isoSeconds(view.getBigInt64(8 * row, true));
  }
}

function isoSeconds(microseconds: bigint): string {
  return new Date(Number(microseconds / 1000n)).toISOString().replace(/\.\d+Z$/, 'Z');
}
