/** A set of 32-byte ids that is asked with bytes in place, without making a string or a view of them. */
import { sameHash } from '../xdr/words.js';

export class HashSet {
  private readonly byFirstWord = new Map<number, Buffer[]>();

  constructor(ids: Iterable<Buffer>) {
    for (const id of ids) {
      const firstWord = id.readUInt32BE(0);
      const sameWord = this.byFirstWord.get(firstWord);
      if (sameWord === undefined) this.byFirstWord.set(firstWord, [id]);
      else sameWord.push(id);
    }
  }

  /** Whether the 32 bytes at `at` are a member. */
  has(bytes: Buffer, at: number): boolean {
    const sameWord = this.byFirstWord.get(bytes.readUInt32BE(at));
    return sameWord?.some((id) => sameHash(id, 0, bytes, at)) ?? false;
  }
}
