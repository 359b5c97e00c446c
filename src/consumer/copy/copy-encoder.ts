/**
 * Record batches as rows of `COPY … FROM STDIN (FORMAT binary)`
 * (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"); integers are big-endian.
 *
 *   file   := header row* trailer
 *   header := "PGCOPY\n\377\r\n\0" | int32 flags: 0 | int32 length of the extension: 0
 *   row    := int16 number of fields | field*
 *   field  := int32 length | value               length -1: null, no value follows
 *   trailer := int16 -1
 *
 * Arrow keeps a column together, COPY a row. So the rows are measured first, which gives each its place; then each
 * column is written from top to bottom, in the loop of its type.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { ProcessorError } from '../../../workers/errors.js';
import { SpareBuffers } from '../../../workers/spare-buffers.js';
import { type BatchColumn, batchColumns, type BatchMessage } from './batch-columns.js';
import { type FieldEncoder, fieldEncoder, hasValue, writeNulls } from './field-encoders.js';
import { isDecimal } from './numeric.js';
import { RowTarget } from './row-target.js';
import type { FieldPlan } from './table-plan.js';

export const COPY_HEADER: Uint8Array = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const COPY_TRAILER: Uint8Array = Uint8Array.of(0xff, 0xff);

const FIELD_COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
/** More than any column declares, and less than what the form can say. */
const MAX_NUMERIC_PLACES = 1000;

/** First and last ledger, both inclusive. */
export interface LedgerRange {
  readonly first: number;
  readonly last: number;
}

export interface EncodedRows {
  /** Rows without header and trailer. */
  readonly bytes: Buffer<ArrayBuffer>;
  readonly rows: number;
  /** Close time of the last row's ledger, Unix milliseconds; 0 where there is no row. */
  readonly lastClosedAtMs: number;
}

const NO_ROWS: EncodedRows = { bytes: Buffer.alloc(0), rows: 0, lastClosedAtMs: 0 };

export class CopyEncoder {
  private readonly fields: readonly FieldPlan[];
  private readonly encoders: readonly FieldEncoder[];
  /** Bytes of a row before any value of variable width. */
  private readonly fixedBytes: number;
  private readonly ledgerField: number;
  private readonly closedAtField: number;
  private readonly spare: SpareBuffers;
  private sizes = new Int32Array(0);

  /**
   * `fields` in the order of COPY's column list; `ledger_sequence` and `closed_at` are among them. Rows are written into
   * memory from `spare`, which takes it back.
   */
  constructor(fields: readonly FieldPlan[], spare = new SpareBuffers()) {
    this.spare = spare;
    this.fields = fields;
    this.encoders = fields.map(fieldEncoder);
    this.fixedBytes = this.encoders.reduce((sum, { width = 0 }) => sum + LENGTH_BYTES + width, FIELD_COUNT_BYTES);
    this.ledgerField = fields.findIndex(({ name }) => name === 'ledger_sequence');
    this.closedAtField = fields.findIndex(({ name }) => name === 'closed_at');
  }

  /**
   * The rows of a batch of the ledgers `first` to `last`, alone in their buffer, without those of ledgers before
   * `from`. Throws ROW_REFUSED, with ledger and column, for a value that PostgreSQL would not take, and FLIGHT_INVALID
   * for a malformed batch.
   */
  encode(message: BatchMessage, { first, last }: LedgerRange, from = first): EncodedRows {
    const columns = batchColumns(message, this.fields);
    const rows = columns[0]!.rows;
    if (rows === 0) return NO_ROWS;
    this.checkLedgers(columns, first, last);
    columns.forEach((column, i) => this.checkValues(column, i, columns));

    if (this.sizes.length < rows) this.sizes = new Int32Array(2 * rows);
    const at = this.sizes.fill(this.fixedBytes, 0, rows);
    columns.forEach((column, i) => measure(this.encoders[i]!, column, at));
    const length = placeRows(at, rows);
    const bytes = Buffer.from(this.spare.take(length), 0, length);
    const skipped = this.rowsBefore(columns, from);
    const start = skipped === rows ? bytes.length : at[skipped]!;
    const target = new RowTarget(bytes, at);
    for (let row = 0; row < rows; row += 1) {
      target.view.setInt16(at[row]!, columns.length);
      at[row]! += FIELD_COUNT_BYTES;
    }
    columns.forEach((column, i) => {
      writeNulls(column, target);
      this.encoders[i]!.write(column, target);
    });
    const closedAtUs = columns[this.closedAtField]!.view.getBigInt64(8 * (rows - 1), true);
    return { bytes: bytes.subarray(start), rows: rows - skipped, lastClosedAtMs: Number(closedAtUs / 1000n) };
  }

  private checkLedgers(columns: readonly BatchColumn[], first: number, last: number): void {
    let before = first;
    for (let row = 0; row < columns[0]!.rows; row += 1) {
      const ledger = this.ledgerOf(columns, row);
      if (ledger < before || ledger > last) {
        const message = `a row of ledger ${ledger} came behind ledger ${before} in a batch of ledgers ${first} to ${last}`;
        throw new ProcessorError('FLIGHT_INVALID', message, { ledger });
      }
      before = ledger;
    }
  }

  private rowsBefore(columns: readonly BatchColumn[], ledger: number): number {
    const { rows } = columns[0]!;
    let row = 0;
    while (row < rows && this.ledgerOf(columns, row) < ledger) row += 1;
    return row;
  }

  private checkValues(column: BatchColumn, index: number, columns: readonly BatchColumn[]): void {
    const { type, postgres, name } = this.fields[index]!;
    if (type !== 'utf8' || column.rows === 0) return;
    const { rows, nullCount, offsets, values } = column;
    const used = values.subarray(offsets[0], offsets[rows]);
    // Nearly always all is well with all rows at once.
    if (postgres !== 'numeric' && isAscii(used) && !used.includes(0)) return;
    for (let row = 0; row < rows; row += 1) {
      if (nullCount > 0 && !hasValue(column, row)) continue;
      const value = values.subarray(offsets[row], offsets[row + 1]);
      const fault = postgres === 'numeric' ? numericFault(value) : textFault(value);
      if (fault === undefined) continue;
      const ledger = this.ledgerOf(columns, row);
      const message = `ledger ${ledger}, column ${name}: ${postgres} cannot hold ${fault}`;
      throw new ProcessorError('ROW_REFUSED', message, { ledger });
    }
  }

  private ledgerOf(columns: readonly BatchColumn[], row: number): number {
    const { type } = this.fields[this.ledgerField]!;
    // Of an int64 the low word, which holds every ledger.
    return columns[this.ledgerField]!.view.getUint32((type === 'int64' ? 8 : 4) * row, true);
  }
}

function measure(encoder: FieldEncoder, column: BatchColumn, sizes: Int32Array): void {
  const { width } = encoder;
  if (width === undefined) {
    encoder.measure(column, sizes);
  } else if (column.nullCount > 0) {
    for (let row = 0; row < column.rows; row += 1) if (!hasValue(column, row)) sizes[row]! -= width;
  }
}

/** Turns the rows' sizes into their places, one behind the other; returns where the last one ends. */
function placeRows(sizes: Int32Array, rows: number): number {
  let place = 0;
  for (let row = 0; row < rows; row += 1) {
    const size = sizes[row]!;
    sizes[row] = place;
    place += size;
  }
  return place;
}

function textFault(value: Uint8Array): string | undefined {
  if (!isUtf8(value)) return 'bytes that are not UTF-8';
  return value.includes(0) ? 'the character NUL' : undefined;
}

function numericFault(value: Buffer): string | undefined {
  if (value.length <= MAX_NUMERIC_PLACES && isDecimal(value, 0, value.length)) return undefined;
  return `${JSON.stringify(value.toString('latin1').slice(0, 80))}, which is no decimal integer`;
}
