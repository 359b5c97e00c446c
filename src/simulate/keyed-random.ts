/**
 * Random words by name: the words of (domain, x, y) are the same whenever and in whatever order they are asked for.
 *
 * The generator is sfc32 (Doty-Humphrey, PractRand) started from the seed's key mixed with the name. It is fast and
 * well distributed; it is not cryptographic, and nothing here needs that.
 */
import { createHash } from 'node:crypto';

/** Rounds before the first word, so that names that differ in one bit give unrelated words. */
const WARM_UP_ROUNDS = 12;

export class KeyedRandom {
  private readonly key: Uint32Array;

  /** Any string; different strings give unrelated words. */
  constructor(seed: string) {
    const digest = createHash('sha256').update(seed).digest();
    this.key = Uint32Array.from({ length: 4 }, (_, index) => digest.readUInt32BE(index * 4));
  }

  /** Writes the first `count` words of (domain, x, y) to `target` from index `at` on. */
  fill(target: Uint32Array, at: number, count: number, domain: number, x: number, y: number): void {
    let a = this.key[0]! ^ domain;
    let b = this.key[1]! ^ x;
    let c = this.key[2]! ^ y;
    let counter = this.key[3]!;
    for (let round = -WARM_UP_ROUNDS; round < count; round++) {
      const word = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + word) | 0;
      if (round >= 0) target[at + round] = word;
    }
  }
}
