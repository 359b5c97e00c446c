/**
 * Builders that lay out one column in Arrow's memory format (https://arrow.apache.org/docs/format/Columnar.html):
 * validity bitmap, offsets (utf8) and values, all little-endian. They own growing scratch memory that is reused from
 * block to block; what `finish` returns is copied out before the next `start`.
 */

import type { TextTarget } from '../text/text-target.js';

/** Rows that scratch memory is first made for. */
const INITIAL_ROWS = 1024;

/** Longest text that is written in a loop. */
const LOOP_UP_TO_CHARACTERS = 40;

abstract class ColumnBuilder {
  rows = 0;
  nullCount = 0;
  /** Bit per row, least significant first; written from the first null on. */
  private validity = new Uint8Array(INITIAL_ROWS / 8);

  /** Begins a column of at most `rows` rows. */
  start(rows: number): void {
    this.rows = 0;
    this.nullCount = 0;
    if (this.validity.length < bitmapBytes(rows)) this.validity = new Uint8Array(2 * bitmapBytes(rows));
  }

  /** The column's buffers in Arrow's order. Without nulls the validity buffer is empty. */
  finish(): Uint8Array[] {
    const validity = this.validity.subarray(0, this.nullCount === 0 ? 0 : bitmapBytes(this.rows));
    clearPaddingBits(validity, this.rows);
    return [validity, ...this.valueBuffers()];
  }

  protected abstract valueBuffers(): Uint8Array[];

  /** Marks the row about to be appended as null. */
  protected markNull(): void {
    // Until the first null every row so far is valid.
    if (this.nullCount === 0) this.validity.fill(0xff);
    this.validity[this.rows >> 3]! &= ~(1 << (this.rows & 7));
    this.nullCount += 1;
  }
}

/** Bytes of a bitmap of `rows` bits. */
export function bitmapBytes(rows: number): number {
  return (rows + 7) >> 3;
}

/** Zeroes the bits behind row `rows`, so that equal columns have equal bytes. */
export function clearPaddingBits(bitmap: Uint8Array, rows: number): void {
  if (bitmap.length > 0 && (rows & 7) !== 0) bitmap[bitmap.length - 1]! &= (1 << (rows & 7)) - 1;
}

/** Text. Writers may put bytes at `length` of `data` themselves after {@link reserve}, then call {@link endRow}. */
export class Utf8Builder extends ColumnBuilder implements TextTarget {
  data: Buffer = Buffer.allocUnsafeSlow(64 * INITIAL_ROWS);
  /** The memory of `data` by words: see text-target.ts. */
  words = new Int32Array(this.data.buffer);
  length = 0;
  private offsets = new Int32Array(INITIAL_ROWS + 1);

  override start(rows: number): void {
    super.start(rows);
    this.length = 0;
    if (this.offsets.length < rows + 1) this.offsets = new Int32Array(2 * rows + 1);
  }

  /** Makes room for `bytes` more bytes. */
  reserve(bytes: number): void {
    if (this.length + bytes > this.data.length) this.grow(bytes);
  }

  endRow(): void {
    this.rows += 1;
    this.offsets[this.rows] = this.length;
  }

  null(): void {
    this.markNull();
    this.endRow();
  }

  text(value: string): void {
    this.reserve(3 * value.length);
    this.length += this.data.write(value, this.length);
    this.endRow();
  }

  /** Text that is known to be ASCII. */
  ascii(value: string): void {
    this.reserve(value.length);
    this.writeAscii(value);
    this.length += value.length;
    this.endRow();
  }

  /** The same text as in the row before: neighbours often share contract and transaction. In columns of whole words. */
  repeat(): void {
    const { length } = this;
    const bytes = length - this.offsets[this.rows - 1]!;
    this.reserve(bytes);
    const { words } = this;
    // For the dozen words of a strkey or a hash a loop is faster than the call of copyWithin.
    for (let from = (length - bytes) >> 2, to = length >> 2; to < (length + bytes) >> 2;) words[to++] = words[from++]!;
    this.length = length + bytes;
    this.endRow();
  }

  /** ASCII text in `count` rows: each copy doubles what is there. */
  asciiRun(value: string, count: number): void {
    const bytes = value.length * count;
    this.reserve(bytes);
    const start = this.length;
    this.writeAscii(value);
    for (let done = value.length; done < bytes; done *= 2) {
      this.data.copyWithin(start + done, start, start + Math.min(done, bytes - done));
    }
    for (let i = 0; i < count; i += 1) {
      this.length += value.length;
      this.endRow();
    }
  }

  /** Writes `value` at `length`. A short text is there before the call into native code would be. */
  private writeAscii(value: string): void {
    const { data, length } = this;
    if (value.length > LOOP_UP_TO_CHARACTERS) data.write(value, length, 'latin1');
    else for (let i = 0; i < value.length; i += 1) data[length + i] = value.charCodeAt(i);
  }

  protected override valueBuffers(): Uint8Array[] {
    return [bytesOf(this.offsets, this.rows + 1), this.data.subarray(0, this.length)];
  }

  private grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * Math.max(this.data.length, padded(this.length + bytes)));
    this.data.copy(larger, 0, 0, this.length);
    this.data = larger;
    this.words = new Int32Array(larger.buffer);
  }
}

export class Uint32Builder extends ColumnBuilder {
  private data = new Uint32Array(INITIAL_ROWS);

  override start(rows: number): void {
    super.start(rows);
    if (this.data.length < rows) this.data = new Uint32Array(2 * rows);
  }

  value(value: number): void {
    this.data[this.rows] = value;
    this.rows += 1;
  }

  null(): void {
    this.markNull();
    this.value(0);
  }

  protected override valueBuffers(): Uint8Array[] {
    return [bytesOf(this.data, this.rows)];
  }
}

/** 64-bit integers as two 32-bit words: no BigInt per row. */
export class Int64Builder extends ColumnBuilder {
  private data = new Int32Array(2 * INITIAL_ROWS);

  override start(rows: number): void {
    super.start(rows);
    if (this.data.length < 2 * rows) this.data = new Int32Array(4 * rows);
  }

  words(high: number, low: number): void {
    this.data[2 * this.rows] = low;
    this.data[2 * this.rows + 1] = high;
    this.rows += 1;
  }

  /** An unsigned 32-bit value: what columns of uint32 hold when they are asked for as signed. */
  value(value: number): void {
    this.words(0, value);
  }

  null(): void {
    this.markNull();
    this.words(0, 0);
  }

  protected override valueBuffers(): Uint8Array[] {
    return [bytesOf(this.data, 2 * this.rows)];
  }
}

export class BoolBuilder extends ColumnBuilder {
  private data = new Uint8Array(INITIAL_ROWS / 8);

  override start(rows: number): void {
    super.start(rows);
    if (this.data.length < bitmapBytes(rows)) this.data = new Uint8Array(2 * bitmapBytes(rows));
    this.data.fill(0);
  }

  value(value: boolean): void {
    if (value) this.data[this.rows >> 3]! |= 1 << (this.rows & 7);
    this.rows += 1;
  }

  null(): void {
    this.markNull();
    this.value(false);
  }

  protected override valueBuffers(): Uint8Array[] {
    return [this.data.subarray(0, bitmapBytes(this.rows))];
  }
}

function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}

function bytesOf(array: Int32Array | Uint32Array, count: number): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, count * array.BYTES_PER_ELEMENT);
}
