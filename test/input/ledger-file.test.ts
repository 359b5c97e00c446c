import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { xdr } from '@stellar/stellar-base';
import { type RawLedger, readLedgerFile } from '../../src/input/ledger-file.js';
import { corpusLedgers, corpusPath, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { packed, packedWithoutSize, skippableFrame } from '../support/zstd.js';
import { batch, fileOf, framed, fromPipe, ledgersOf } from './ledger-inputs.js';

function assertLedgers(read: readonly RawLedger[], expected: readonly Uint8Array[], what?: string): void {
  assert.equal(read.length, expected.length, what);
  for (const [i, { bytes, index }] of read.entries()) {
    assert.equal(Buffer.compare(bytes, expected[i]!), 0, what);
    assert.equal(bytes.buffer.byteLength, bytes.byteLength, 'transferable');
    assert.equal(index, i);
  }
}

const packings: [name: string, pack: (bytes: Buffer) => Buffer][] = [
  ['plain', (bytes) => bytes],
  ['zstd', packed],
  ['zstd without a declared size', packedWithoutSize],
  [
    'zstd of several frames',
    (bytes) =>
      Buffer.concat([
        skippableFrame(Buffer.from('index')),
        packed(bytes.subarray(0, 301)),
        packedWithoutSize(bytes.subarray(301)),
      ]),
  ],
  ['gzip', (bytes) => gzipSync(bytes)],
  [
    'gzip of several members',
    (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, 301)), gzipSync(bytes.subarray(301))]),
  ],
];

describe('a ledger file', { skip: skipWithoutCorpus }, () => {
  const corpus = corpusLedgers().filter((ledger) => ledger.stellar_base_15_decodes && ledger.bytes < 20_000);
  const ledgers = corpus.map(({ name }) => readCorpus(`${name}.xdr`));

  const forms: [name: string, bytes: Buffer, expected: Buffer[], sequence?: number][] = [
    ['a LedgerCloseMeta of version 0', ledgers[0]!, [ledgers[0]!]],
    [
      'a LedgerCloseMeta of version 1',
      ledgers.find((bytes) => bytes[3] === 1)!,
      [ledgers.find((bytes) => bytes[3] === 1)!],
    ],
    [
      'a LedgerCloseMeta of version 2',
      ledgers.find((bytes) => bytes[3] === 2)!,
      [ledgers.find((bytes) => bytes[3] === 2)!],
    ],
    ['a batch', batch(53312000, ledgers), ledgers, 53312000],
    ['a batch of the first ledgers of a network', batch(2, ledgers), ledgers, 2],
    ['a batch that begins like a ledger', batch(0, ledgers.slice(0, 2)), ledgers.slice(0, 2), 0],
    ['a batch that begins like a ledger of version 1', batch(1, ledgers.slice(0, 1)), ledgers.slice(0, 1), 1],
    ['a framed stream', framed(ledgers), ledgers],
    ['a framed stream without marks', framed(ledgers, 0), ledgers],
    ['a framed stream of one ledger', framed(ledgers.slice(0, 1)), ledgers.slice(0, 1)],
  ];
  for (const [form, bytes, expected, sequence] of forms) {
    for (const [packing, pack] of packings) {
      test(`of ${form} (${packing}) gives its ledgers, from a file and from a pipe`, async () => {
        const input = pack(bytes);
        const read = await ledgersOf(readLedgerFile(fileOf(input)));
        assertLedgers(read, expected);
        assert.deepEqual(
          read.map((ledger) => ledger.sequence),
          expected.map((_, i) => (sequence === undefined ? undefined : sequence + i)),
        );
        assertLedgers(await fromPipe([input]), expected);
        const pieces = Array.from({ length: Math.ceil(input.length / 997) }, (_, i) =>
          input.subarray(997 * i, 997 * i + 997),
        );
        assertLedgers(await fromPipe(pieces), expected);
      });
    }
  }

  test('that arrives in two pieces, cut at any byte, gives its ledgers', async () => {
    const [small] = ledgers.toSorted((a, b) => a.length - b.length);
    const two = [small!, ledgers.find((bytes) => bytes[3] === 2 && bytes.length < 700)!];
    for (const bytes of [framed(two), batch(9, two), packedWithoutSize(framed(two)), gzipSync(framed(two))]) {
      for (let cut = 1; cut < bytes.length; cut += 1) {
        assertLedgers(await fromPipe([bytes.subarray(0, cut), bytes.subarray(cut)]), two, `cut at ${cut}`);
      }
    }
  });

  test('that arrives byte by byte gives its ledgers', async () => {
    for (const [packing, pack] of packings) {
      const bytes = pack(framed(ledgers.slice(0, 2)));
      assertLedgers(await fromPipe([...bytes].map((byte) => Buffer.of(byte))), ledgers.slice(0, 2), packing);
    }
  });

  test('of the corpus gives the ledger of its name', async () => {
    for (const { name, bytes } of corpusLedgers()) {
      const read = await ledgersOf(readLedgerFile(corpusPath(`${name}.xdr`)));
      assertLedgers(read, [readCorpus(`${name}.xdr`)], name);
      assert.equal(read[0]!.bytes.length, bytes);
      assert.equal(read[0]!.file, corpusPath(`${name}.xdr`));
    }
  });

  test('from a data lake gives the ledger of its batch', async () => {
    const path = corpusPath('lake-53312000.xdr');
    const { ledger_sequence: sequence, name } = corpusLedgers().find((ledger) => ledger.ledger_sequence === 53312000)!;
    for (const read of [await ledgersOf(readLedgerFile(path)), await fromPipe([readFileSync(path)])]) {
      assert.deepEqual(
        read.map((ledger) => ledger.sequence),
        [sequence],
      );
      const header = (bytes: Uint8Array): string =>
        xdr.LedgerCloseMeta.fromXDR(Buffer.from(bytes)).v1().ledgerHeader().toXDR('base64');
      assert.equal(header(read[0]!.bytes), header(readCorpus(`${name}.xdr`)));
    }
  });

  test('of 30 load-test ledgers gives as many consecutive ledgers, read whole or as a stream', async () => {
    const path = corpusPath('bench-p26-30-ledgers.xdr');
    const read = await ledgersOf(readLedgerFile(path));
    const all = readCorpus('bench-p26-30-ledgers.xdr');
    assertLedgers(
      await fromPipe([readFileSync(path)]),
      read.map(({ bytes }) => bytes),
    );
    assert.equal(Buffer.compare(framed(read.map(({ bytes }) => bytes)), all), 0);
    assert.equal(read.length, 30);
  });
});
