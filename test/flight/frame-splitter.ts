/** Cuts a gRPC response body into its messages. */
export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0);

  split(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    while (this.#rest.length >= 5) {
      const end = 5 + this.#rest.readUInt32BE(1);
      if (this.#rest.length < end) break;
      messages.push(this.#rest.subarray(5, end));
      this.#rest = this.#rest.subarray(end);
    }
    return messages;
  }
}
