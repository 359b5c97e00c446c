/**
 * A message as grpc-js 1.14 takes it from a serializer: of the Buffer it asks for it uses the length, to allocate room for
 * its prefix and the message, and `copy` into that. A Buffer in between would be one more allocation and copy of every
 * large message, over a third of what a stream costs the main thread.
 */
import { freeBuffers } from '../../workers/free-buffers.js';
import { ownBuffer } from '../pool/transfer.js';

export class MessageFrame {
  readonly byteLength: number;
  readonly #write: (target: Uint8Array, start: number) => void;
  #writtenTo: ArrayBuffer | undefined;

  /** `write` puts `byteLength` bytes into a target, from `start` on. */
  constructor(byteLength: number, write: (target: Uint8Array, start: number) => void) {
    this.byteLength = byteLength;
    this.#write = write;
  }

  /** What a serializer returns to grpc-js. */
  get asBuffer(): Buffer {
    return this as unknown as Buffer;
  }

  copy(target: Uint8Array, start: number): void {
    this.#writtenTo = ownBuffer(target);
    this.#write(target, start);
  }

  /** Frees what grpc-js allocated. The transport may be reading there until it has called back for the message. */
  free(): void {
    if (this.#writtenTo !== undefined) freeBuffers([this.#writtenTo]);
    this.#writtenTo = undefined;
  }
}
