/**
 * Templates: an XDR value encoded once, whose fields are filled in again and again.
 *
 * Encoding a transaction through the object model takes a millisecond; copying its bytes and the few words that differ
 * takes one thousandth of that. A template is made from bytes in which fields stand as markers; each run of consecutive
 * markers becomes one patch: where in the template, where in the bank, how many words.
 */
import { MARKER_BASE } from './field.js';

export class Template {
  readonly words: number;
  private readonly image: Uint32Array;
  /** Triples: word in the template, word in the bank, number of words. */
  private readonly patches: Int32Array;

  /** `xdr` is whole words; `bankWords` is the size of the bank whose markers are looked for. */
  constructor(xdr: Uint8Array, bankWords: number) {
    // A copy, because a pooled Buffer need not start on a word boundary.
    const bytes = Uint8Array.from(xdr);
    this.image = new Uint32Array(bytes.buffer);
    this.words = this.image.length;
    this.patches = findMarkers(new DataView(bytes.buffer), bankWords);
  }

  /** Writes the value to `target` from word `at` on, fields taken from `bank`. Returns the word behind it. */
  write(target: Uint32Array, at: number, bank: Uint32Array): number {
    target.set(this.image, at);
    const patches = this.patches;
    for (let patch = 0; patch < patches.length; patch += 3) {
      const to = at + patches[patch]!;
      const from = patches[patch + 1]!;
      const count = patches[patch + 2]!;
      for (let word = 0; word < count; word++) target[to + word] = bank[from + word]!;
    }
    return at + this.words;
  }
}

function findMarkers(view: DataView, bankWords: number): Int32Array {
  const patches: number[] = [];
  const markerAt = (word: number): number => {
    const index = word * 4 < view.byteLength ? view.getUint32(word * 4) - MARKER_BASE : -1;
    return index < bankWords ? index : -1;
  };
  for (let word = 0; word * 4 < view.byteLength; word++) {
    const from = markerAt(word);
    if (from < 0) continue;
    let count = 1;
    while (markerAt(word + count) === from + count) count++;
    patches.push(word, from, count);
    word += count - 1;
  }
  return Int32Array.from(patches);
}
