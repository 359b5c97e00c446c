/**
 * The binary forms of PostgreSQL's types, as its receive functions read them (`textrecv`, `int8recv`, `boolrecv`,
 * `timestamptz_recv`, `numeric_recv`, `jsonb_recv`); integers are big-endian.
 *
 *   text         the bytes, UTF-8, without NUL
 *   bigint       int64
 *   boolean      1 byte, 0 or 1
 *   timestamptz  int64, microseconds since 2000-01-01 00:00 UTC
 *   numeric      int16 digits, int16 weight, int16 sign, int16 scale, then each digit as int16 (base 10,000)
 *   jsonb        1 byte, version 1, then the JSON as text
 *
 * A column is written from its first row to its last, so that each loop knows its type.
 */
import type { BatchColumn } from './batch-columns.js';
import { copyBytes } from './copy-bytes.js';
import { numericBytes, writeNumeric } from './numeric.js';
import type { RowTarget } from './row-target.js';
import type { ArrowType, FieldPlan, PostgresType } from './table-plan.js';

export interface FieldEncoder {
  /** Bytes of each value; undefined where they differ from row to row. */
  readonly width: number | undefined;
  /** Adds the bytes of each value to `sizes`, by row; only where {@link width} is undefined. */
  measure(column: BatchColumn, sizes: Int32Array): void;
  /** Writes length and value of each row that has one. */
  write(column: BatchColumn, target: RowTarget): void;
}

/** Length of a field that is null. */
const NULL_LENGTH = -1;
const LENGTH_BYTES = 4;
const JSONB_VERSION = 1;
const JSONB_VERSION_BYTES = 1;
/** 2000-01-01 minus 1970-01-01. */
const EPOCH_DIFFERENCE_US = 946_684_800_000_000n;

export function fieldEncoder({ type, postgres }: Pick<FieldPlan, 'type' | 'postgres'>): FieldEncoder {
  const encoder = ENCODERS[postgres][type];
  if (encoder === undefined) throw new TypeError(`an Arrow ${type} has no form as ${postgres}`);
  return encoder;
}

/** Whether `row` of a column with nulls has a value. */
export function hasValue({ validity }: BatchColumn, row: number): boolean {
  return (validity[row >> 3]! & (1 << (row & 7))) !== 0;
}

/** Nulls first, since they are written alike whatever the type. */
export function writeNulls(column: BatchColumn, { view, at }: RowTarget): void {
  if (column.nullCount === 0) return;
  for (let row = 0; row < column.rows; row += 1) {
    if (hasValue(column, row)) continue;
    view.setInt32(at[row]!, NULL_LENGTH);
    at[row]! += LENGTH_BYTES;
  }
}

const text: FieldEncoder = {
  width: undefined,
  measure(column, sizes) {
    const { rows, nullCount, offsets } = column;
    for (let row = 0; row < rows; row += 1) {
      // The bytes of a null, if it has any, mean nothing.
      if (nullCount > 0 && !hasValue(column, row)) continue;
      sizes[row]! += offsets[row + 1]! - offsets[row]!;
    }
  },
  write(column, { bytes, view, at }) {
    const { rows, nullCount, offsets, values, view: source } = column;
    for (let row = 0; row < rows; row += 1) {
      if (nullCount > 0 && !hasValue(column, row)) continue;
      const start = offsets[row]!;
      const length = offsets[row + 1]! - start;
      const position = at[row]!;
      view.setInt32(position, length);
      copyBytes(values, source, start, length, bytes, view, position + LENGTH_BYTES);
      at[row] = position + LENGTH_BYTES + length;
    }
  },
};

const jsonb: FieldEncoder = {
  width: undefined,
  measure(column, sizes) {
    text.measure(column, sizes);
    for (let row = 0; row < column.rows; row += 1) {
      if (column.nullCount === 0 || hasValue(column, row)) sizes[row]! += JSONB_VERSION_BYTES;
    }
  },
  write(column, { bytes, view, at }) {
    const { rows, nullCount, offsets, values, view: source } = column;
    for (let row = 0; row < rows; row += 1) {
      if (nullCount > 0 && !hasValue(column, row)) continue;
      const start = offsets[row]!;
      const length = offsets[row + 1]! - start;
      const position = at[row]!;
      view.setInt32(position, JSONB_VERSION_BYTES + length);
      bytes[position + LENGTH_BYTES] = JSONB_VERSION;
      const jsonAt = position + LENGTH_BYTES + JSONB_VERSION_BYTES;
      copyBytes(values, source, start, length, bytes, view, jsonAt);
      at[row] = jsonAt + length;
    }
  },
};

const numeric: FieldEncoder = {
  width: undefined,
  measure(column, sizes) {
    const { rows, nullCount, offsets, values } = column;
    for (let row = 0; row < rows; row += 1) {
      if (nullCount > 0 && !hasValue(column, row)) continue;
      sizes[row]! += numericBytes(values, offsets[row]!, offsets[row + 1]!);
    }
  },
  write(column, { view, at }) {
    const { rows, nullCount, offsets, values } = column;
    for (let row = 0; row < rows; row += 1) {
      if (nullCount > 0 && !hasValue(column, row)) continue;
      const position = at[row]!;
      const end = writeNumeric(values, offsets[row]!, offsets[row + 1]!, view, position + LENGTH_BYTES);
      view.setInt32(position, end - position - LENGTH_BYTES);
      at[row] = end;
    }
  },
};

const boolean: FieldEncoder = {
  width: 1,
  measure: () => undefined,
  write(column, { bytes, view, at }) {
    const { rows, nullCount, values } = column;
    for (let row = 0; row < rows; row += 1) {
      if (nullCount > 0 && !hasValue(column, row)) continue;
      const position = at[row]!;
      view.setInt32(position, 1);
      bytes[position + LENGTH_BYTES] = (values[row >> 3]! >> (row & 7)) & 1;
      at[row] = position + LENGTH_BYTES + 1;
    }
  },
};

/** An encoder of 8-byte values, of which `write` writes the one of `row` at `position`. */
function eightBytes(write: (source: DataView, row: number, target: DataView, position: number) => void): FieldEncoder {
  return {
    width: 8,
    measure: () => undefined,
    write(column, { view, at }) {
      const { rows, nullCount, view: source } = column;
      for (let row = 0; row < rows; row += 1) {
        if (nullCount > 0 && !hasValue(column, row)) continue;
        const position = at[row]!;
        view.setInt32(position, 8);
        write(source, row, view, position + LENGTH_BYTES);
        at[row] = position + LENGTH_BYTES + 8;
      }
    },
  };
}

const bigintOfUint32 = eightBytes((source, row, target, position) => {
  target.setUint32(position, 0);
  target.setUint32(position + 4, source.getUint32(4 * row, true));
});

const bigintOfInt64 = eightBytes((source, row, target, position) => {
  target.setUint32(position, source.getUint32(8 * row + 4, true));
  target.setUint32(position + 4, source.getUint32(8 * row, true));
});

const timestamptz = eightBytes((source, row, target, position) => {
  target.setBigInt64(position, BigInt.asIntN(64, source.getBigInt64(8 * row, true) - EPOCH_DIFFERENCE_US));
});

const ENCODERS: Readonly<Record<PostgresType, Readonly<Partial<Record<ArrowType, FieldEncoder>>>>> = {
  text: { utf8: text },
  jsonb: { utf8: jsonb },
  numeric: { utf8: numeric },
  boolean: { bool: boolean },
  bigint: { uint32: bigintOfUint32, int64: bigintOfInt64 },
  timestamptz: { timestamp: timestamptz },
};
