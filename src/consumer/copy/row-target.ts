/** The bytes of rows being laid out: each row has a place of its own, and a position up to which it is written. */

export class RowTarget {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** By row: where its next field goes. */
  readonly at: Int32Array;

  constructor(bytes: Buffer, at: Int32Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }
}
