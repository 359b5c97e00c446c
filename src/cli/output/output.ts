/** Standard output with back-pressure. A reader that closes the pipe (`| head`) ends the program cleanly. */
import { once } from 'node:events';
import process from 'node:process';

export class Output {
  private readonly stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }

  async write(...chunks: (Uint8Array | string)[]): Promise<void> {
    let accepted = true;
    for (const chunk of chunks) if (chunk.length > 0) accepted = this.stream.write(chunk);
    if (!accepted) await once(this.stream, 'drain');
  }
}
