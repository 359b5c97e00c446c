/** Output formats of `decode`: each turns record batches into bytes, with a head before and a tail after them. */
import { arrowSchema, selectColumns } from '../../../workers/columns/tables.js';
import type { ColumnKind } from '../../../workers/columns/column.js';
import { encapsulationPrefix, encodeSchema, END_OF_STREAM, type RecordBatchMessage } from '../../../workers/ipc.js';
import type { DecodeRequest } from '../../../workers/request.js';
import { type Cell, cellReaders } from './cells.js';

export interface BatchWriter {
  head(): Uint8Array | string;
  batch(message: RecordBatchMessage): (Uint8Array | string)[];
  tail(): Uint8Array | string;
}

export const FORMATS = ['jsonl', 'csv', 'arrow'] as const;
export type Format = (typeof FORMATS)[number];

export function batchWriter(format: Format, request: DecodeRequest): BatchWriter {
  const kinds = columnKinds(request);
  switch (format) {
    case 'jsonl':
      return jsonLines(request.columns, kinds);
    case 'csv':
      return csv(request.columns, kinds);
    case 'arrow':
      return arrowStream(request);
  }
}

export function columnKinds(request: DecodeRequest): ColumnKind[] {
  return selectColumns(request.table, request.columns).map((column) => column.kind);
}

/** One JSON object a row, keys in column order. */
function jsonLines(names: readonly string[], kinds: readonly ColumnKind[]): BatchWriter {
  const labels = names.map((name, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  return {
    head: () => '',
    batch(message) {
      const cells = cellReaders(kinds, message);
      let text = '';
      for (let row = 0; row < message.rows; row += 1) {
        for (let i = 0; i < cells.length; i += 1) text += labels[i]! + JSON.stringify(cells[i]!(row));
        text += '}\n';
      }
      return [text];
    },
    tail: () => '',
  };
}

/** RFC 4180 with a header line, but \n as line end; null is an empty field, the empty string `""`. */
function csv(names: readonly string[], kinds: readonly ColumnKind[]): BatchWriter {
  return {
    head: () => `${names.join(',')}\n`,
    batch(message) {
      const cells = cellReaders(kinds, message);
      let text = '';
      for (let row = 0; row < message.rows; row += 1) {
        text += cells.map((cell) => csvField(cell(row))).join(',') + '\n';
      }
      return [text];
    },
    tail: () => '',
  };
}

function csvField(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  return cell === '' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** An IPC stream: schema message, record batches, end-of-stream marker. */
function arrowStream(request: DecodeRequest): BatchWriter {
  return {
    head() {
      const metadata = encodeSchema(arrowSchema(request));
      return Buffer.concat([encapsulationPrefix(metadata), metadata]);
    },
    batch: ({ metadata, body }) => [encapsulationPrefix(metadata), metadata, body],
    tail: () => END_OF_STREAM,
  };
}
