/** Seeded damage to bytes: what disks, networks and hostile writers do to a ledger. */

/** Integers from 0 up to `bound`, exclusive, the same for the same seed (mulberry32). */
export type Random = (bound: number) => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

/** Values that lengths, counts, flags and union arms are most often wrong by. */
const WORDS = [
  0, 1, 2, 3, 4, 5, 6, 9, 16, 17, 19, 20, 21, 22, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
];

type Mutation = (bytes: Buffer, random: Random, donor: Buffer) => Buffer;

/** A 4-byte aligned place, as most of XDR is. */
const place = (bytes: Buffer, random: Random): number => 4 * random(Math.floor(bytes.length / 4));

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    bytes[random(bytes.length)]! ^= 1 << random(8);
    return bytes;
  },
  function overwriteWord(bytes, random) {
    bytes.writeUInt32BE(WORDS[random(WORDS.length)]!, place(bytes, random));
    return bytes;
  },
  function nudgeWord(bytes, random) {
    const at = place(bytes, random);
    bytes.writeUInt32BE((bytes.readUInt32BE(at) + (random(2) === 0 ? 1 : -1)) >>> 0, at);
    return bytes;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, 1 + random(bytes.length - 1));
  },
  function copyBlock(bytes, random, donor) {
    const from = place(donor, random);
    donor.copy(bytes, place(bytes, random), from, from + 4 * (1 + random(16)));
    return bytes;
  },
  function insertBlock(bytes, random, donor) {
    const [at, from] = [place(bytes, random), place(donor, random)];
    return Buffer.concat([
      bytes.subarray(0, at),
      donor.subarray(from, from + 4 * (1 + random(32))),
      bytes.subarray(at),
    ]);
  },
  function cutBlock(bytes, random) {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 4 * (1 + random(32)))]);
  },
];

/** A copy of `bytes` with one to three damages; blocks come from `donor`. Returns their names too. */
export function mutated(bytes: Buffer, random: Random, donor: Buffer): { bytes: Buffer; what: string } {
  let copy: Buffer = Buffer.from(bytes);
  const names: string[] = [];
  for (let damages = 1 + random(3); damages > 0 && copy.length >= 4; damages -= 1) {
    const mutation = MUTATIONS[random(MUTATIONS.length)]!;
    names.push(mutation.name);
    copy = mutation(copy, random, donor);
  }
  return { bytes: copy, what: names.join(', ') };
}
