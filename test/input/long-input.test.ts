import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { ByteQueue } from '../../src/input/byte-queue.js';
import { readLedgerFile } from '../../src/input/ledger-file.js';
import { zstdChunks } from '../../src/input/zstd-chunks.js';
import { ProcessorError } from '../../workers/errors.js';
import { corpusLedgers, corpusPath, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { frameHeader, rawBlock, rleBlock } from '../support/zstd.js';
import { framed } from './ledger-inputs.js';

const MIB = 1024 * 1024;
/** Half of what passes through: RSS also counts what the garbage collector has not yet given back. */
const MEMORY_BYTES = 150 * MIB;

/** Reads all, holding nothing; returns the count of ledgers and how far memory grew above its beginning. */
async function passThrough(standardInput: Readable): Promise<{ ledgers: number; grownBytes: number }> {
  const before = process.memoryUsage().rss;
  let ledgers = 0;
  let grownBytes = 0;
  for await (const { index } of readLedgerFile('-', { standardInput })) {
    ledgers = index + 1;
    if (ledgers % 256 === 0) grownBytes = Math.max(grownBytes, process.memoryUsage().rss - before);
  }
  return { ledgers, grownBytes };
}

describe('a long input', { skip: skipWithoutCorpus }, () => {
  const { name, bytes: length } = corpusLedgers().find(({ bytes }) => bytes > 9000 && bytes < 10_000)!;
  const PER_CHUNK = 7;
  const CHUNKS = Math.ceil((300 * MIB) / (PER_CHUNK * length));

  function* chunks(): Generator<Buffer, void, undefined> {
    const chunk = framed(new Array<Buffer>(PER_CHUNK).fill(readCorpus(`${name}.xdr`)));
    for (let i = 0; i < CHUNKS; i += 1) yield chunk;
  }

  /** A single zstd frame of raw blocks, as a streaming writer makes it. */
  function* zstdChunks(): Generator<Buffer, void, undefined> {
    yield frameHeader({ windowLog: 21 });
    for (const chunk of chunks()) yield rawBlock(chunk);
    yield rawBlock(Buffer.alloc(0), true);
  }

  function* gzipChunks(): Generator<Buffer, void, undefined> {
    const member = gzipSync(framed(new Array<Buffer>(PER_CHUNK).fill(readCorpus(`${name}.xdr`))));
    for (let i = 0; i < CHUNKS; i += 1) yield member;
  }

  const sources: [string, () => Readable][] = [
    ['plain', () => Readable.from(chunks(), { objectMode: false })],
    ['in one zstd frame', () => Readable.from(zstdChunks(), { objectMode: false })],
    ['in gzip members', () => Readable.from(gzipChunks(), { objectMode: false })],
  ];
  for (const [packing, source] of sources) {
    test(`of 300 MB (${packing}) passes through in bounded memory`, async () => {
      const { ledgers, grownBytes } = await passThrough(source());
      assert.equal(ledgers, CHUNKS * PER_CHUNK);
      assert.ok(grownBytes < MEMORY_BYTES, `${grownBytes} bytes more`);
    });
  }

  test('waits for a reader that stands still', async () => {
    let pulled = 0;
    function* counted(): Generator<Buffer, void, undefined> {
      for (const chunk of chunks()) {
        pulled += chunk.length;
        yield chunk;
      }
    }
    const ledgers = readLedgerFile('-', { standardInput: Readable.from(counted(), { objectMode: false }) });
    await ledgers.next();
    await sleep(50);
    assert.ok(pulled < MIB, `${pulled} bytes were read ahead`);
    await ledgers.return();
  });

  test('gives a ledger as soon as it is there, and stops when the reader does, be the writer silent', async () => {
    const ledger = readCorpus(`${name}.xdr`);
    for (const bytes of [
      framed([ledger]),
      Buffer.concat([frameHeader({ windowLog: 20 }), rawBlock(framed([ledger]))]),
    ]) {
      const standardInput = new Readable({ read: () => undefined });
      standardInput.push(bytes);
      for await (const read of readLedgerFile('-', { standardInput })) {
        assert.equal(Buffer.compare(read.bytes, ledger), 0);
        break;
      }
      assert.ok(standardInput.destroyed);
    }
  });

  test('of gzip data stops when the reader does, be the writer silent', async () => {
    const gzip = createGzip();
    gzip.write(framed([readCorpus(`${name}.xdr`), readCorpus(`${name}.xdr`)]));
    gzip.flush();
    for await (const { index } of readLedgerFile('-', { standardInput: gzip })) {
      assert.equal(index, 0);
      break;
    }
    assert.ok(gzip.destroyed);
  });

  test('is read from the pipe of another process', async () => {
    const script = `
      import { readLedgerFile } from ${JSON.stringify(new URL('../../src/input/ledger-file.js', import.meta.url).href)};
      let bytes = 0;
      for await (const ledger of readLedgerFile('-')) bytes += ledger.bytes.length;
      console.log(bytes);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const chunk = framed([readCorpus(`${name}.xdr`)]);
    Readable.from([chunk, chunk, chunk], { objectMode: false }).pipe(child.stdin);
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(output.toString(), `${3 * length}\n`);
  });
});

describe('a zstd stream', () => {
  test('of 4 bytes for each 128 KiB is held a block at a time', async () => {
    function* bomb(): Generator<Buffer, void, undefined> {
      yield frameHeader({ windowLog: 17 });
      // A frame of 0 bytes, whose ledger never ends: the mark of a ledger of 16 MiB, and zeroes.
      yield rawBlock(Buffer.from('8100000000000000', 'hex'));
      for (let i = 0; i < 300; i += 1) yield Buffer.concat(new Array<Buffer>(1000).fill(rleBlock(0, 131072)));
    }
    const before = process.memoryUsage().rss;
    const standardInput = Readable.from(bomb(), { objectMode: false });
    await assert.rejects(readLedgerFile('-', { standardInput }).next(), (error) => {
      return error instanceof ProcessorError && error.code === 'LEDGER_INVALID';
    });
    assert.ok(process.memoryUsage().rss - before < MEMORY_BYTES);
  });

  test('with a window above 128 MiB is refused, since a window is memory', async () => {
    const bytes = Buffer.concat([frameHeader({ windowLog: 28 }), rawBlock(Buffer.from('x'), true)]);
    const standardInput = Readable.from([bytes], { objectMode: false });
    await assert.rejects(readLedgerFile('-', { standardInput }).next(), {
      code: 'UNPACK_LIMIT',
      message: '-: zstd data, byte 0: window of at most 134217728 bytes expected, 268435456 found',
    });
  });

  test('with less or more content than declared is refused', async () => {
    for (const declared of [1n, 3n]) {
      const bytes = Buffer.concat([
        frameHeader({ windowLog: 17, contentBytes: declared }),
        rawBlock(Buffer.from('\0\0'), true),
      ]);
      const standardInput = Readable.from([bytes], { objectMode: false });
      await assert.rejects(readLedgerFile('-', { standardInput }).next(), {
        code: 'UNPACK_FAILED',
        message: `-: zstd data, byte 0: content of ${declared} bytes declared, 2 found`,
      });
    }
  });

  test('whose content does not have its checksum is refused', async () => {
    // XXH64 of "abc" with seed 0 is 44bc2cf5ad770999: its low 4 bytes, little-endian.
    const withChecksum = (checksum: string): Readable => {
      const blocks = [rawBlock(Buffer.from('a')), rawBlock(Buffer.from('bc'), true), Buffer.from(checksum, 'hex')];
      return Readable.from([frameHeader({ windowLog: 17, hasChecksum: true }), ...blocks], { objectMode: false });
    };
    const unpacked: Uint8Array[] = [];
    for await (const chunk of zstdChunks(new ByteQueue(withChecksum('990977ad')))) unpacked.push(chunk);
    assert.equal(Buffer.concat(unpacked).toString(), 'abc');
    await assert.rejects(readLedgerFile('-', { standardInput: withChecksum('990977ac') }).next(), {
      code: 'UNPACK_FAILED',
      message: '-: zstd data, byte 0: content with checksum ac770999 expected, ad770999 found',
    });
  });

  test('of more content than is read whole is the same as one read whole', { skip: skipWithoutCorpus }, async () => {
    const path = corpusPath('bench-p26-30-ledgers.xdr');
    let index = 0;
    for await (const ledger of readLedgerFile(path)) index = ledger.index;
    assert.equal(index, 29);
  });
});
