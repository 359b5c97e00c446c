/**
 * Memory of batches that are gone, on its way back to the threads that make them. A thread whose ledgers come compressed,
 * or that fetches them itself, has no large buffers to write batches into and would make new ones: that costs it page
 * faults, and this thread the collecting of the old ones.
 */

import { freeBuffers } from '../../workers/free-buffers.js';

/** Most that waits to go back. */
const KEPT_BYTES = 16 * 1024 * 1024;
/** So many in want are of a moment long past. */
const MOST_WANTED = 256;

export class UsedBuffers {
  private readonly buffers: ArrayBuffer[] = [];
  private bytes = 0;
  /** Buffers that threads have made for want of used ones, and have not been given yet. */
  private wanted = 0;

  /** A task has ended for which a thread made `count` buffers. */
  made(count: number): void {
    this.wanted = Math.min(this.wanted + count, MOST_WANTED);
  }

  /** Takes over memory that nobody reads any more; what is not wanted is freed. */
  add(buffers: readonly ArrayBuffer[]): void {
    const unwanted = buffers.filter((buffer) => {
      if (this.buffers.length >= this.wanted || this.bytes + buffer.byteLength > KEPT_BYTES) return true;
      this.buffers.push(buffer);
      this.bytes += buffer.byteLength;
      return false;
    });
    freeBuffers(unwanted);
  }

  /** What the next task takes along, to be transferred. */
  take(): ArrayBuffer[] {
    this.wanted -= this.buffers.length;
    this.bytes = 0;
    return this.buffers.splice(0);
  }
}
