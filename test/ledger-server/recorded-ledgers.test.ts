import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { StoredLedgers } from '../../src/ledger-server/ledger-store.js';
import { RecordedLedgers } from '../../src/ledger-server/recorded-ledgers.js';
import { ProcessorError } from '../../workers/errors.js';
import { corpusPath, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { batchOf, framed, simulatedLedger, temporaryFolder } from './recorded-files.js';

async function read(store: RecordedLedgers, start: number, objects = false): Promise<StoredLedgers[]> {
  const read: StoredLedgers[] = [];
  for await (const stored of store.read(start, objects)) read.push(stored);
  return read;
}

function checkLedgers(read: readonly StoredLedgers[], sequences: readonly number[]): void {
  assert.deepEqual(
    read.map(({ first, last, form }) => [first, last, form]),
    sequences.map((sequence) => [sequence, sequence, 'ledger']),
  );
  for (const { first, bytes } of read) assert.ok(simulatedLedger(first).equals(bytes), `bytes of ledger ${first}`);
}

test('ledgers of all forms of file, in folders below too, come in order of their sequences', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'below'));
  writeFileSync(join(folder, 'a.xdr'), batchOf(30, 33));
  writeFileSync(join(folder, 'b.xdr.gz'), gzipSync(framed([10, 11, 12].map(simulatedLedger))));
  writeFileSync(join(folder, 'below', 'c.xdr'), simulatedLedger(13));
  writeFileSync(join(folder, 'manifest.json'), '{}');
  const store = await RecordedLedgers.open([folder]);
  assert.deepEqual([store.first, store.last], [10, 33]);
  checkLedgers(await read(store, 1), [10, 11, 12, 13, 30, 31, 32, 33]);
  checkLedgers(await read(store, 12), [12, 13, 30, 31, 32, 33]);
  checkLedgers(await read(store, 20, true), [30, 31, 32, 33]);
  assert.deepEqual(await read(store, 34), []);
});

test('a ledger recorded twice comes once', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'a.xdr'), batchOf(10, 14));
  writeFileSync(join(folder, 'b.xdr'), batchOf(12, 16));
  writeFileSync(join(folder, 'c.xdr'), simulatedLedger(13));
  checkLedgers(await read(await RecordedLedgers.open([folder]), 11), [11, 12, 13, 14, 15, 16]);
});

test('a file whose ledgers are not consecutive gives what it has', async (t) => {
  const file = join(temporaryFolder(t), 'gaps');
  writeFileSync(file, framed([20, 21, 25, 5].map(simulatedLedger)));
  checkLedgers(await read(await RecordedLedgers.open([file]), 1), [5, 20, 21, 25]);
});

test(
  'a data lake object comes untouched where objects are taken, else ledger by ledger',
  { skip: skipWithoutCorpus },
  async (t) => {
    const folder = temporaryFolder(t);
    const object = corpusPath('lake-53312000.xdr');
    copyFileSync(object, join(folder, 'FCD285FF--53312000.xdr.zst'));
    const store = await RecordedLedgers.open([folder]);
    const [asObject, ...noMore] = await read(store, 1, true);
    assert.deepEqual(noMore, []);
    assert.equal(asObject!.form, 'object');
    assert.deepEqual(asObject!.bytes, readFileSync(object));
    const [asLedger] = await read(store, 1);
    assert.equal(asLedger!.form, 'ledger');
    assert.ok(readCorpus('p21-v1-53312000-e6d452.xdr').equals(asLedger!.bytes));
  },
);

test('a gzip object is unpacked, and one named from 0 gives the ledgers that it holds', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'FFFFFFFF--0-3.xdr.gz'), gzipSync(batchOf(2, 3)));
  writeFileSync(join(folder, 'FFFFFFFB--4-7.xdr.gz'), gzipSync(batchOf(4, 7)));
  checkLedgers(await read(await RecordedLedgers.open([folder]), 1, true), [2, 3, 4, 5, 6, 7]);
});

test('a path that is not there, or holds no ledgers, is an error that names it', async (t) => {
  const folder = temporaryFolder(t);
  for (const path of [folder, join(folder, 'absent.xdr')]) {
    await assert.rejects(RecordedLedgers.open([path]), (error) => {
      assert.ok(error instanceof ProcessorError && error.message.includes(path));
      return error.code === 'INPUT_UNREADABLE';
    });
  }
});
