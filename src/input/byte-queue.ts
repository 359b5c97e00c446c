/**
 * Bytes that arrive in pieces of any size, read by length: look ahead, take, go on. It pulls no more than was asked
 * for, so that a slow reader slows the source, and holds what was looked at and not yet taken.
 */
export class ByteQueue {
  private readonly source: AsyncIterator<Uint8Array>;
  private chunks: Uint8Array[] = [];
  private heldBytes = 0;
  private takenBytes = 0;
  private isEnded = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** Offset in the input of the next byte. */
  get offset(): number {
    return this.takenBytes;
  }

  /** Waits until `length` bytes are at hand, or the end; returns how many there are, which may be more. */
  async fill(length: number): Promise<number> {
    while (this.heldBytes < length && !this.isEnded) {
      const next = await this.source.next();
      if (next.done === true) {
        this.isEnded = true;
      } else if (next.value.length > 0) {
        this.chunks.push(next.value);
        this.heldBytes += next.value.length;
      }
    }
    return this.heldBytes;
  }

  /** The next `length` bytes, or fewer at the end, without taking them. A view: not to be written or transferred. */
  async peek(length: number): Promise<Uint8Array> {
    const available = Math.min(length, await this.fill(length));
    if (available > (this.chunks[0]?.length ?? 0)) this.chunks = [this.joined(this.heldBytes)];
    return this.chunks[0]?.subarray(0, available) ?? new Uint8Array(0);
  }

  /** The next `length` bytes, or fewer at the end, in an ArrayBuffer of their own: the source gives its chunks away. */
  async take(length: number): Promise<Uint8Array> {
    const available = Math.min(length, await this.fill(length));
    const first = this.chunks[0];
    const isWhole = first?.length === available && first.buffer.byteLength === available;
    const taken = isWhole ? first : this.joined(available);
    this.drop(taken.length);
    return taken;
  }

  /** Goes on by `length` bytes without holding them; returns how many there were. */
  async skip(length: number): Promise<number> {
    let skipped = 0;
    while (skipped < length && (await this.fill(1)) > 0) {
      const step = Math.min(length - skipped, this.heldBytes);
      this.drop(step);
      skipped += step;
    }
    return skipped;
  }

  /** Everything that is left, as it arrives. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    while ((await this.fill(1)) > 0) {
      const chunk = this.chunks[0]!;
      this.drop(chunk.length);
      yield chunk;
    }
  }

  /** Ends the source, which releases what it holds open. */
  async close(): Promise<void> {
    this.isEnded = true;
    this.chunks = [];
    this.heldBytes = 0;
    await this.source.return?.();
  }

  private joined(length: number): Uint8Array {
    const joined = Buffer.allocUnsafeSlow(length);
    let at = 0;
    for (const chunk of this.chunks) {
      if (at === length) break;
      const part = chunk.subarray(0, length - at);
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  private drop(length: number): void {
    this.heldBytes -= length;
    this.takenBytes += length;
    let chunks = 0;
    while (chunks < this.chunks.length && length >= this.chunks[chunks]!.length) {
      length -= this.chunks[chunks]!.length;
      chunks += 1;
    }
    this.chunks.splice(0, chunks);
    if (length > 0) this.chunks[0] = this.chunks[0]!.subarray(length);
  }
}
