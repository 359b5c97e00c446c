/** Memory for objects on their way: a bound on what is fetched ahead of decoding, first come, first served. */
import type { SpareBuffers } from '../spare-buffers.js';

export class Prefetch {
  private readonly capacityBytes: number;
  private readonly spare: SpareBuffers;
  private usedBytes = 0;
  private readonly waiting: { readonly bytes: number; readonly admit: () => void }[] = [];

  constructor(capacityBytes: number, spare: SpareBuffers) {
    this.capacityBytes = capacityBytes;
    this.spare = spare;
  }

  /** Memory for an object of `bytes`; one above the whole bound gets it when there is no other. */
  async allocate(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.waiting.length === 0 && this.fits(bytes)) this.usedBytes += bytes;
    else await new Promise<void>((resolve) => this.waiting.push({ bytes, admit: resolve }));
    return new Uint8Array(this.spare.take(bytes), 0, bytes);
  }

  release(bytes: number): void {
    this.usedBytes -= bytes;
    for (let next = this.waiting[0]; next !== undefined && this.fits(next.bytes); next = this.waiting[0]) {
      this.waiting.shift();
      this.usedBytes += next.bytes;
      next.admit();
    }
  }

  private fits(bytes: number): boolean {
    return this.usedBytes === 0 || this.usedBytes + bytes <= this.capacityBytes;
  }
}
