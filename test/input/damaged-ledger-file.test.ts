import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type LedgerFileOptions, type RawLedger, readLedgerFile } from '../../src/input/ledger-file.js';
import { ProcessorError, type ErrorCode } from '../../workers/errors.js';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { frameHeader, packed, packedWithoutSize, rawBlock, WITH_CHECKSUM } from '../support/zstd.js';
import { batch, directory, fileOf, framed } from './ledger-inputs.js';

interface Failure {
  /** Ledgers that came out before. */
  readonly ledgers: readonly RawLedger[];
  readonly error: ProcessorError;
}

async function failureOf(file: string, options?: LedgerFileOptions): Promise<Failure> {
  const ledgers: RawLedger[] = [];
  try {
    for await (const ledger of readLedgerFile(file, options)) ledgers.push(ledger);
  } catch (error) {
    assert.ok(error instanceof ProcessorError, String(error));
    assert.equal(error.place.file, file);
    return { ledgers, error };
  }
  return assert.fail(`no error, ${ledgers.length} ledgers`);
}

async function assertFails(file: string, code: ErrorCode, detail: string | RegExp): Promise<Failure> {
  const failure = await failureOf(file);
  assert.equal(failure.error.code, code, failure.error.message);
  assert.ok(failure.error.message.startsWith(`${file}: `), failure.error.message);
  const found = failure.error.message.slice(file.length + 2);
  if (typeof detail === 'string') assert.equal(found, detail);
  else assert.match(found, detail);
  return failure;
}

const pipe = (...chunks: Buffer[]): LedgerFileOptions => ({
  standardInput: Readable.from(chunks, { objectMode: false }),
});

describe('an input that cannot be read', () => {
  test('because it does not exist says so', async () => {
    await assertFails(join(directory, 'none.xdr'), 'INPUT_UNREADABLE', 'no such file');
    await assertFails(join(fileOf(Buffer.from('x')), 'none.xdr'), 'INPUT_UNREADABLE', 'no such file');
  });

  test('because it is a directory names the command that reads directories', async () => {
    const message = 'a ledger file expected, a directory found; the replay command reads directories';
    await assertFails(directory, 'INPUT_UNREADABLE', message);
  });

  test('because of its permissions says so', { skip: process.platform === 'win32' && 'no permissions' }, async () => {
    const file = fileOf(Buffer.from('x'), 'secret');
    chmodSync(file, 0o000);
    chmodSync(directory, 0o755);
    const isRoot = process.geteuid?.() === 0;
    // Root reads everything.
    if (isRoot) process.seteuid?.(65534);
    try {
      await assertFails(file, 'INPUT_UNREADABLE', 'permission to read it is denied');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  test('because reading breaks off says why', async () => {
    const standardInput = new Readable({
      read() {
        this.destroy(new Error('EIO: i/o error, read'));
      },
    });
    const { error } = await failureOf('-', { standardInput });
    assert.equal(error.code, 'INPUT_UNREADABLE');
    assert.equal(error.message, '-: cannot be read: EIO: i/o error, read');
  });

  test('because reading breaks off inside gzip data says why', async () => {
    const bytes = gzipSync(Buffer.alloc(10_000));
    async function* broken(): AsyncGenerator<Buffer, void, undefined> {
      yield bytes.subarray(0, 20);
      await Promise.resolve();
      throw new Error('EIO: i/o error, read');
    }
    const { error } = await failureOf('-', { standardInput: Readable.from(broken(), { objectMode: false }) });
    assert.equal(error.message, '-: cannot be read: EIO: i/o error, read');
  });
});

const EXPECTED = 'a ledger, a batch of ledgers or a stream of ledgers and their lengths (plain, zstd or gzip)';

describe('an input without ledgers', () => {
  test('because it is empty says what was expected', async () => {
    for (const bytes of [Buffer.alloc(0), packed(Buffer.alloc(0)), gzipSync('')]) {
      await assertFails(fileOf(bytes), 'INPUT_UNREADABLE', `empty, ${EXPECTED} expected`);
    }
  });

  test('because it is something else shows how it begins', async () => {
    mkdirSync(join(directory, 'others'));
    for (const text of ['{"ledgers": []}', '{"a": 1,"b": \0\0\0\x01', '\x7fELF', 'PK\x03\x04 and more', 'l']) {
      const found = Buffer.from(text, 'latin1').subarray(0, 16).toString('hex');
      const message = `${EXPECTED} expected, found bytes that begin ${found}`;
      await assertFails(fileOf(Buffer.from(text, 'latin1'), 'others/file'), 'INPUT_UNREADABLE', message);
    }
  });

  test('because it is an empty batch says so', async () => {
    const bytes = Buffer.from('000000050000000400000000', 'hex');
    await assertFails(fileOf(bytes), 'INPUT_UNREADABLE', 'a LedgerCloseMetaBatch without ledgers');
  });

  test('is refused by its first bytes, however long it is', async () => {
    let read = 0;
    function* endless(): Generator<Buffer, void, undefined> {
      for (;;) {
        read += 1;
        yield Buffer.alloc(65536, 'x');
      }
    }
    const { error } = await failureOf('-', { standardInput: Readable.from(endless(), { objectMode: false }) });
    assert.match(error.message, /found bytes that begin 7878/);
    assert.ok(read < 10);
  });
});

describe('a damaged input', { skip: skipWithoutCorpus }, () => {
  const small = corpusLedgers().filter((ledger) => ledger.stellar_base_15_decodes && ledger.bytes < 10_000);
  const ledgers = small.slice(0, 4).map(({ name }) => readCorpus(`${name}.xdr`));
  const [first, second, third] = ledgers as [Buffer, Buffer, Buffer];
  const third0 = 8 + first.length + second.length;

  /** Ledgers with the discriminant of the third one's transaction set or the like out of range. */
  const damaged = Buffer.from(third);
  damaged.writeInt32BE(99, 0);

  async function assertAfterTwo(file: string, code: ErrorCode, detail: string | RegExp): Promise<void> {
    const { ledgers: before } = await assertFails(file, code, detail);
    assert.deepEqual(
      before.map(({ bytes }) => Buffer.from(bytes)),
      [first, second],
    );
  }

  test('stream gives the ledgers before a damaged one, then its position, offset and type', async () => {
    const bytes = framed([first, second, damaged, first]);
    const detail = `ledger 3 of the file (at byte ${third0 + 4}), byte 0, LedgerCloseMeta: unknown arm 99 (damaged, or a newer protocol than this version reads)`;
    await assertAfterTwo(fileOf(bytes), 'LEDGER_INVALID', detail);
    await assertAfterTwo(fileOf(packed(bytes)), 'LEDGER_INVALID', detail);
    await assertAfterTwo(fileOf(gzipSync(bytes)), 'LEDGER_INVALID', detail);
  });

  test('stream of which a ledger ends before its frame does says how many bytes are left over', async () => {
    const long = Buffer.concat([third, Buffer.alloc(8)]);
    const detail = `8 bytes left over behind ledger 3 of the file, at byte ${third0 + 4 + third.length}`;
    await assertAfterTwo(fileOf(framed([first, second, long, first])), 'LEDGER_INVALID', detail);
  });

  test('stream that ends inside a frame says what was expected and what came', async () => {
    const bytes = framed([first, second, third]);
    const cut = (left: number): string => fileOf(bytes.subarray(0, third0 + left));
    const frame = `frame of ledger 3 of the file (at byte ${third0}): `;
    await assertAfterTwo(cut(3), 'LEDGER_INVALID', `${frame}length of 4 bytes expected, 3 left`);
    await assertAfterTwo(cut(4), 'LEDGER_INVALID', `${frame}truncated: ${third.length} bytes expected, 0 left`);
    await assertAfterTwo(cut(104), 'LEDGER_INVALID', `${frame}truncated: ${third.length} bytes expected, 100 left`);
  });

  test('stream with a length that no ledger has says so, before memory is allocated', async () => {
    for (const length of [0, 411, 268435457, 0x7fffffff]) {
      const mark = Buffer.alloc(4);
      mark.writeUInt32BE(0x8000_0000 + length);
      const detail = `frame of ledger 3 of the file (at byte ${third0}): length of 412 to 268435456 expected, ${length} found`;
      await assertAfterTwo(fileOf(Buffer.concat([framed([first, second]), mark, third])), 'LEDGER_INVALID', detail);
    }
  });

  test('batch gives the ledgers before a damaged one, then its position, offset and type', async () => {
    const bytes = batch(7, [first, second, third]);
    const start = 12 + first.length + second.length;
    bytes.writeInt32BE(99, start);
    await assertAfterTwo(
      fileOf(bytes),
      'LEDGER_INVALID',
      new RegExp(`^ledger 3 of the file \\(at byte ${start}\\), byte 0, LedgerCloseMeta: unknown arm 99`),
    );
  });

  test('batch that is cut off or too long says where', async () => {
    const bytes = batch(7, [first, second]);
    const { ledgers: before } = await assertFails(
      fileOf(bytes.subarray(0, -8)),
      'LEDGER_INVALID',
      new RegExp(`^ledger 2 of the file \\(at byte ${12 + first.length}\\), byte \\d+, [\\w.]+: .*\\d`),
    );
    assert.equal(before.length, 1);
    const detail = `4 bytes left over behind ledger 2 of the file, at byte ${bytes.length}`;
    const tooLong = await assertFails(fileOf(Buffer.concat([bytes, Buffer.alloc(4)])), 'LEDGER_INVALID', detail);
    assert.equal(tooLong.ledgers.length, 1, 'the ledger with bytes behind it is not taken for sound');
  });

  test('ledger with bytes behind it is refused', async () => {
    const detail = `3 bytes left over behind ledger 1 of the file, at byte ${first.length}`;
    const { ledgers: before } = await assertFails(
      fileOf(Buffer.concat([first, Buffer.alloc(3)])),
      'LEDGER_INVALID',
      detail,
    );
    assert.equal(before.length, 0);
  });

  test('batch that counts other ledgers than its sequences say is refused', async () => {
    const bytes = batch(7, [first, second]);
    bytes.writeUInt32BE(9, 4);
    const { ledgers: before, error } = await assertFails(
      fileOf(bytes),
      'LEDGER_MISMATCH',
      'LedgerCloseMetaBatch of ledgers 7 to 9 holds 2',
    );
    assert.equal(before.length, 0);
    assert.equal(error.place.ledger, 7);
  });

  test('ledger cut off at any byte is refused, from a file and from a pipe', async () => {
    for (let length = 1; length < first.length; length += 7) {
      const { ledgers: before, error } = await failureOf('-', pipe(first.subarray(0, length)));
      assert.equal(before.length, 0);
      assert.equal(error.code, length < 4 ? 'INPUT_UNREADABLE' : 'LEDGER_INVALID');
    }
    await assertFails(
      fileOf(first.subarray(0, 200)),
      'LEDGER_INVALID',
      /^ledger 1 of the file \(at byte 0\), byte \d+, \w+: truncated: \d+ bytes expected, \d+ left$/,
    );
  });

  test('ledger of a protocol to come is said to be one', async () => {
    const newer = Buffer.from(first);
    newer.writeInt32BE(3, 0);
    const detail =
      /^ledger 1 of the file \(at byte 0\), byte 0, LedgerCloseMeta: unknown arm 3 \(damaged, or a newer protocol/;
    await assertFails(fileOf(newer), 'LEDGER_INVALID', detail);
    const frame = /^ledger 1 of the file \(at byte 4\), byte 0, LedgerCloseMeta: unknown arm 3/;
    await assertFails(fileOf(framed([newer])), 'LEDGER_INVALID', frame);
  });

  test('ledger or batch above the limit is refused, a stream is not', async () => {
    const options = { maxLedgerBytes: Math.max(first.length, second.length) };
    const { error } = await failureOf(fileOf(batch(7, [first, second])), options);
    assert.equal(error.code, 'INPUT_UNREADABLE');
    assert.match(
      error.message,
      /: a ledger or batch of at most \d+ bytes expected, more found; only a stream may be longer$/,
    );
    let count = 0;
    for await (const ledger of readLedgerFile(fileOf(framed([first, second])), options)) count += ledger.bytes.length;
    assert.equal(count, first.length + second.length);
  });

  test('zstd file is refused for its checksum, which a look at the ledgers alone would not find', async () => {
    const checksum = Buffer.from('00000000', 'hex');
    const bytes = Buffer.concat([
      frameHeader({ windowLog: 20, hasChecksum: true }),
      rawBlock(framed([first, second]), true),
      checksum,
    ]);
    await assertFails(fileOf(bytes), 'UNPACK_FAILED', 'zstd data, byte 0: checksum does not match in this frame');
  });

  test('zstd stream gives the ledgers before the damage, then the reason', async () => {
    const frames = Buffer.concat([packedWithoutSize(framed([first])), packedWithoutSize(framed([second]))]);
    const cases: [Buffer, string][] = [
      [
        WITH_CHECKSUM.subarray(0, 20),
        `zstd data, byte ${frames.length + 6}: truncated block: 30 bytes expected, 11 left`,
      ],
      [
        Buffer.from('rubbish'),
        `zstd data, byte ${frames.length}: magic number 28b52ffd of a frame expected, 72756262 found`,
      ],
    ];
    for (const [rest, message] of cases) {
      const { ledgers: before, error } = await failureOf('-', pipe(Buffer.concat([frames, rest])));
      assert.equal(error.code, 'UNPACK_FAILED');
      assert.equal(error.message, `-: ${message}`);
      assert.equal(before.length, 2);
    }
  });

  test('gzip stream gives the reason', async () => {
    const bytes = gzipSync(framed([first, second]));
    const cases: [Buffer, RegExp][] = [
      [Buffer.concat([bytes, Buffer.from('rubbish')]), /^-: gzip data: incorrect header check$/],
      [bytes.subarray(0, -3), /^-: gzip data: unexpected end of file$/],
      [
        Buffer.concat([bytes, Buffer.alloc(3), bytes]),
        /^-: gzip data, byte \d+: \d+ bytes left over behind the last member$/,
      ],
    ];
    for (const [input, message] of cases) {
      const { error } = await failureOf('-', pipe(input));
      assert.equal(error.code, 'UNPACK_FAILED');
      assert.match(error.message, message);
    }
  });
});
