/** A block of memory that holds the present words of fields, in XDR's byte order. */
import { hash } from 'node:crypto';
import type { Field } from './field.js';
import type { KeyedRandom } from './keyed-random.js';

export class Bank {
  readonly words: Uint32Array;
  private readonly view: DataView;
  private readonly bytes: Buffer;
  private readonly random: KeyedRandom;

  constructor(words: number, random: KeyedRandom) {
    this.words = new Uint32Array(words);
    this.view = new DataView(this.words.buffer);
    this.bytes = Buffer.from(this.words.buffer);
    this.random = random;
  }

  /** A uint32 in the field's word number `word`. */
  putUint32(field: Field, value: number, word = 0): void {
    this.view.setUint32((field.at + word) * 4, value);
  }

  /** A non-negative integer of up to 53 bits in the field's first two words. */
  putUint64(field: Field, value: number): void {
    this.putUint32(field, Math.floor(value / 0x1_0000_0000));
    // The store takes the number modulo 2^32.
    this.putUint32(field, value, 1);
  }

  getUint32(field: Field, word = 0): number {
    return this.view.getUint32((field.at + word) * 4);
  }

  /** Random words that (domain, x, y) name, for the whole field. */
  putRandom(field: Field, domain: number, x: number, y: number): void {
    this.random.fill(this.words, field.at, field.words, domain, x, y);
  }

  putBytes(field: Field, value: Uint8Array): void {
    this.bytes.set(value, field.at * 4);
  }

  copy(to: Field, from: Field): void {
    // A loop, because fields are small: copyWithin costs more to call than these words to move.
    for (let word = 0; word < from.words; word++) this.words[to.at + word] = this.words[from.at + word]!;
  }

  /** sha256 of `data`. One-shot hashing to a string is the fastest form that Node 20 has. */
  putSha256(field: Field, data: Uint8Array): void {
    this.bytes.write(hash('sha256', data, 'binary'), field.at * 4, 'latin1');
  }
}
