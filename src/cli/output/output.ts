/** Standard output with back-pressure. */
import { once } from 'node:events';

export class Output {
  private readonly stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  async write(...chunks: (Uint8Array | string)[]): Promise<void> {
    let accepted = true;
    for (const chunk of chunks) if (chunk.length > 0) accepted = this.stream.write(chunk);
    if (!accepted) await once(this.stream, 'drain');
  }
}
