/**
 * Memory to write record batches into, used again. A fresh megabyte costs its page faults, a fifth of the time that a
 * dense ledger takes; a thread instead writes into the buffers in which earlier ledgers came to it.
 */

import { freeBuffers } from './free-buffers.js';

/** Most that is kept, where nothing else is said. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** New buffers are made in steps, so that they fit again. */
const STEP_BYTES = 64 * 1024;
/** A buffer is not given away for less than this part of it: it is held for as long as the batch in it. */
const LEAST_USE = 0.4;

export class SpareBuffers {
  private readonly keptBytes: number;
  private readonly spare: ArrayBuffer[] = [];
  private bytes = 0;
  private made = 0;

  constructor(keptBytes = KEPT_BYTES) {
    this.keptBytes = keptBytes;
  }

  /** Takes over a buffer that nobody reads any more; frees it where there are enough. */
  add(buffer: ArrayBuffer): void {
    if (buffer.byteLength < STEP_BYTES || this.bytes + buffer.byteLength > this.keptBytes) {
      freeBuffers([buffer]);
      return;
    }
    this.spare.push(buffer);
    this.bytes += buffer.byteLength;
  }

  /** A buffer of at least `bytes`, with whatever is in it. */
  take(bytes: number): ArrayBuffer {
    const index = this.spare.findIndex(({ byteLength }) => byteLength >= bytes && bytes >= byteLength * LEAST_USE);
    if (index < 0) {
      if (bytes < STEP_BYTES) return new ArrayBuffer(bytes);
      this.made += 1;
      return new ArrayBuffer(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
    }
    const [buffer] = this.spare.splice(index, 1) as [ArrayBuffer];
    this.bytes -= buffer.byteLength;
    return buffer;
  }

  /** How many buffers worth keeping had to be made since this was asked last. */
  takeMade(): number {
    const { made } = this;
    this.made = 0;
    return made;
  }
}
