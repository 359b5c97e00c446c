import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decompress } from 'fzstd';
import { ProcessorError, type ErrorCode } from '../../workers/errors.js';
import { unpack, unpackBorrowed } from '../../workers/unpack/unpack.js';
import { corpusLedgers, corpusPath, skipWithoutCorpus } from '../support/corpus.js';
import {
  block,
  COMPRESSED,
  frameHeader,
  packed,
  packedWithoutSize,
  rawBlock,
  RESERVED,
  rleBlock,
  skippableFrame,
  WITH_CHECKSUM,
  WITH_CHECKSUM_CONTENT,
} from '../support/zstd.js';

const MIB = 1024 * 1024;
const LIMITS = { maxBytes: 16 * MIB };

function assertFails(bytes: Uint8Array, code: ErrorCode, message: RegExp, limits = LIMITS): void {
  assert.throws(
    () => unpack(bytes, limits),
    (error) => {
      assert.ok(error instanceof ProcessorError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    },
  );
}

/** Neither constant nor random, so that it packs into compressed blocks. */
function text(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = 97 + ((state >>> 16) % (1 + ((i >>> 6) % 20)));
  }
  return bytes;
}

describe('zstd data', () => {
  const files = corpusLedgers()
    .map(({ name }) => corpusPath(`${name}.xdr`))
    .filter((path) => path.endsWith('.zst'));

  test(
    'of real ledgers, lake objects and streams unpacks to what fzstd makes of it',
    { skip: skipWithoutCorpus },
    () => {
      const paths = [...files, corpusPath('lake-53312000.xdr'), corpusPath('bench-p26-30-ledgers.xdr')];
      assert.ok(paths.length > 5);
      for (const path of paths) {
        const bytes = readFileSync(path);
        const unpacked = unpack(bytes, { maxBytes: 64 * MIB });
        assert.equal(Buffer.compare(unpacked, decompress(bytes)), 0, path);
        assert.equal(unpacked.buffer.byteLength, unpacked.byteLength);
      }
    },
  );

  test('above 1 MiB without a declared size unpacks', () => {
    const content = text(5 * MIB + 7);
    const bytes = packedWithoutSize(content);
    assert.equal(Buffer.compare(decompress(bytes), content), 0, 'the fixture itself is right');
    assert.equal(Buffer.compare(unpack(bytes, LIMITS), content), 0);
  });

  test('of any sequence of frames, skippable ones among them, unpacks to their content in order', () => {
    const content = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    const frame = fc.oneof(
      content.map((bytes) => ({ content: bytes, bytes: packed(bytes) })),
      content.map((bytes) => ({ content: bytes, bytes: packedWithoutSize(bytes) })),
      fc.integer({ min: 1000, max: 200_000 }).map((length) => ({ content: text(length), bytes: packed(text(length)) })),
      fc.tuple(fc.array(content, { maxLength: 3 }), content).map(([first, last]) => ({
        content: Buffer.concat([...first, last]),
        bytes: Buffer.concat([
          frameHeader({ windowLog: 17 }),
          ...first.map((bytes) => rawBlock(bytes)),
          rawBlock(last, true),
        ]),
      })),
      fc.tuple(fc.integer({ min: 0, max: 131072 }), fc.integer({ min: 0, max: 255 })).map(([count, byte]) => ({
        content: Buffer.alloc(count, byte),
        bytes: Buffer.concat([
          frameHeader({ windowLog: 20, contentBytes: BigInt(count) }),
          rleBlock(byte, count, true),
        ]),
      })),
      fc.tuple(content, fc.integer({ min: 0, max: 15 })).map(([bytes, nibble]) => ({
        content: Buffer.alloc(0),
        bytes: skippableFrame(bytes, nibble),
      })),
    );
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 6 }), (frames) => {
        const unpacked = unpack(Buffer.concat(frames.map(({ bytes }) => bytes)), LIMITS);
        assert.equal(Buffer.compare(unpacked, Buffer.concat(frames.map((each) => each.content))), 0);
      }),
      { numRuns: 200 },
    );
  });

  test('of no content unpacks to no bytes', () => {
    assert.equal(unpack(packed(Buffer.alloc(0)), LIMITS).length, 0);
    assert.equal(unpack(skippableFrame(Buffer.from('nothing')), LIMITS).length, 0);
    assert.equal(unpack(packed(Buffer.alloc(0)), { maxBytes: 0 }).length, 0);
  });

  const command = spawnSync('zstd', ['--version']);
  test('as the zstd command makes it unpacks', { skip: command.status !== 0 && 'no zstd command on PATH' }, () => {
    const content = text(MIB);
    for (const level of ['-1', '-3', '-19', '--ultra', '--no-check', '--long=27']) {
      const { stdout } = spawnSync('zstd', ['-c', '-T1', level], { input: content, maxBuffer: 8 * MIB });
      assert.equal(Buffer.compare(unpack(stdout, LIMITS), content), 0, level);
    }
  });

  test('gives each caller bytes of its own, the borrowing one bytes until the next call', () => {
    const first = unpack(packed(Buffer.from('first content')), LIMITS);
    const borrowed = unpackBorrowed(packed(Buffer.from('other content')), LIMITS);
    assert.equal(Buffer.from(borrowed).toString(), 'other content');
    assert.equal(Buffer.from(first).toString(), 'first content');
    assert.ok(borrowed.buffer.byteLength > borrowed.byteLength);
  });
});

describe('damaged zstd data', () => {
  test('cut off at any byte is refused, never taken for less content', () => {
    const frame = Buffer.concat([packed(text(600)), WITH_CHECKSUM, skippableFrame(Buffer.from('skip'))]);
    const ends = [packed(text(600)).length, packed(text(600)).length + WITH_CHECKSUM.length, frame.length];
    for (let length = 4; length < frame.length; length += 1) {
      if (ends.includes(length)) continue;
      assertFails(
        frame.subarray(0, length),
        'UNPACK_FAILED',
        /^zstd data, byte \d+: truncated .+: \d+ bytes expected, \d+ left$/,
      );
    }
  });

  test('with any bit flipped is refused, or unpacks to what was packed', () => {
    assert.deepEqual(Buffer.from(unpack(WITH_CHECKSUM, LIMITS)), WITH_CHECKSUM_CONTENT);
    let refused = 0;
    for (let bit = 4 * 8; bit < WITH_CHECKSUM.length * 8; bit += 1) {
      const bytes = Buffer.from(WITH_CHECKSUM);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      try {
        assert.deepEqual(Buffer.from(unpack(bytes, LIMITS)), WITH_CHECKSUM_CONTENT, `bit ${bit}`);
      } catch (error) {
        assert.ok(error instanceof ProcessorError, String(error));
        assert.equal(error.code, 'UNPACK_FAILED');
        refused += 1;
      }
    }
    assert.ok(refused > WITH_CHECKSUM.length * 6, `${refused} refused`);
  });

  test('of random blocks is refused or within its bound, and leaves the unpacker whole', () => {
    const maxBytes = 200_000;
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 3, maxLength: 60 }), { maxLength: 4 }), (blocks) => {
        const bytes = Buffer.concat([
          frameHeader({ windowLog: 17 }),
          ...blocks.map((data, i) => block(COMPRESSED, data.length, data, i === blocks.length - 1)),
        ]);
        try {
          assert.ok(unpack(bytes, { maxBytes }).length <= maxBytes);
        } catch (error) {
          assert.ok(error instanceof ProcessorError, String(error));
        }
        assert.deepEqual(Buffer.from(unpack(WITH_CHECKSUM, LIMITS)), WITH_CHECKSUM_CONTENT);
      }),
      { numRuns: 300 },
    );
  });

  const window = frameHeader({ windowLog: 10 });
  const cases: [what: string, bytes: Buffer, message: RegExp][] = [
    [
      'a wrong checksum',
      Buffer.concat([WITH_CHECKSUM.subarray(0, -1), Buffer.from([0])]),
      /^zstd data, byte 0: checksum does not match in this frame$/,
    ],
    [
      'a corrupted block in the second frame',
      Buffer.concat([WITH_CHECKSUM, window, block(COMPRESSED, 5, Buffer.from('xxxxx'), true)]),
      new RegExp(`^zstd data, byte ${WITH_CHECKSUM.length}: corrupted block in this frame$`),
    ],
    [
      'bytes behind the last frame',
      Buffer.concat([WITH_CHECKSUM, Buffer.from('rubbish')]),
      new RegExp(
        `^zstd data, byte ${WITH_CHECKSUM.length}: magic number 28b52ffd of a frame expected, 72756262 found$`,
      ),
    ],
    [
      'a block of the reserved type',
      Buffer.concat([window, block(RESERVED, 1, Buffer.from('x'), true)]),
      /^zstd data, byte 6: block of the reserved type$/,
    ],
    [
      'a block above the greatest size',
      Buffer.concat([window, rawBlock(Buffer.alloc(1025), true)]),
      /^zstd data, byte 6: block of at most 1024 bytes expected, 1025 found$/,
    ],
    [
      'the reserved bit',
      Buffer.concat([frameHeader({ windowLog: 10, reservedBit: true }), rawBlock(Buffer.from('x'), true)]),
      /^zstd data, byte 4: the reserved bit of the frame header is set$/,
    ],
    [
      'a dictionary',
      Buffer.concat([frameHeader({ windowLog: 10, dictionaryId: 77 }), rawBlock(Buffer.from('x'), true)]),
      /^zstd data, byte 0: packed with dictionary 77, which is not supported$/,
    ],
    [
      'less content than declared',
      Buffer.concat([frameHeader({ windowLog: 10, contentBytes: 3n }), rawBlock(Buffer.from('xx'), true)]),
      /^zstd data, byte 0: content of 3 bytes declared, the blocks hold at most 2$/,
    ],
    [
      'more content than declared',
      Buffer.concat([frameHeader({ windowLog: 10, contentBytes: 1n }), rawBlock(Buffer.from('xx'), true)]),
      /^zstd data, byte 0: .+ in this frame$/,
    ],
  ];
  for (const [what, bytes, message] of cases) {
    test(`with ${what} is refused and says so`, () => assertFails(bytes, 'UNPACK_FAILED', message));
  }
});

describe('zstd data above the bound', () => {
  test('by one byte is refused, at the bound it unpacks, be the size declared or not', () => {
    const content = text(200_000);
    for (const bytes of [
      packed(content),
      packedWithoutSize(content),
      Buffer.concat([packed(content.subarray(0, 9)), packedWithoutSize(content.subarray(9))]),
    ]) {
      assert.equal(Buffer.compare(unpack(bytes, { maxBytes: content.length }), content), 0);
      assertFails(bytes, 'UNPACK_LIMIT', /^zstd data: content of at most 199999 bytes expected/, {
        maxBytes: content.length - 1,
      });
    }
  });

  test('that declares 100 GB is refused before memory is allocated', () => {
    const before = process.memoryUsage().rss;
    const hundredGigabytes = 100_000_000_000n;
    // Few blocks: the declaration is a lie. Enough of them: it is a bomb.
    const header = frameHeader({ windowLog: 20, contentBytes: hundredGigabytes });
    assertFails(
      Buffer.concat([header, rleBlock(0, 131072, true)]),
      'UNPACK_FAILED',
      /content of 100000000000 bytes declared/,
    );
    const blocks = Buffer.concat(new Array<Buffer>(1_000_000).fill(rleBlock(0, 131072)));
    assertFails(
      Buffer.concat([header, blocks, rleBlock(0, 1, true)]),
      'UNPACK_LIMIT',
      /at most 16777216 bytes expected, 100000000000 found$/,
    );
    assert.ok(process.memoryUsage().rss - before < 64 * MIB);
  });

  test('that declares nothing is refused within the memory of the bound', () => {
    const bomb = Buffer.concat([
      frameHeader({ windowLog: 20 }),
      ...new Array<Buffer>(100_000).fill(rleBlock(0, 131072)),
      rleBlock(0, 1, true),
    ]);
    const before = process.memoryUsage().rss;
    assertFails(
      bomb,
      'UNPACK_LIMIT',
      /^zstd data: content of at most 16777216 bytes expected, more than 16777216 found$/,
    );
    assertFails(packedWithoutSize(Buffer.alloc(64 * MIB)), 'UNPACK_LIMIT', /more than 16777216 found$/);
    assert.ok(process.memoryUsage().rss - before < 200 * MIB, 'fixture of 64 MiB included');
  });

  test('or large within it, again and again, does not add up in memory, and does not stay', () => {
    const bytes = packedWithoutSize(Buffer.alloc(48 * MIB));
    const limits = { maxBytes: 64 * MIB };
    for (let i = 0; i < 3; i += 1) unpack(bytes, limits);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 12; i += 1) unpack(bytes, limits);
    assert.ok(process.memoryUsage().rss - before < 300 * MIB, `${process.memoryUsage().rss - before} bytes more`);
    // What is borrowed is a view on all of the thread's memory for unpacking.
    assert.ok(unpackBorrowed(WITH_CHECKSUM, limits).buffer.byteLength <= 32 * MIB);
  });
});
