import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import { type Chunk, chunksOf } from '../../src/ledger-server/chunks.js';
import type { StoredLedgers } from '../../src/ledger-server/ledger-store.js';
import { batchOf, simulatedLedger } from './recorded-files.js';

function ledger(sequence: number, bytes: Uint8Array = simulatedLedger(sequence)): StoredLedgers {
  return { first: sequence, last: sequence, form: 'ledger', bytes };
}

/** Items in turn; a number is a wait of so many milliseconds. */
async function* source(items: readonly (StoredLedgers | number | Error)[]): AsyncGenerator<StoredLedgers> {
  for (const item of items) {
    if (typeof item === 'number') await new Promise((resolve) => setTimeout(resolve, item));
    else if (item instanceof Error) throw item;
    else yield item;
  }
}

async function chunk(items: readonly (StoredLedgers | number)[], limits: object = {}): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const one of chunksOf(source(items), { maxLedgers: 3, maxBytes: 1e6, lingerMs: 50, ...limits })) {
    chunks.push(one);
  }
  return chunks;
}

function gathered(bytes: Chunk['bytes']): Buffer {
  const target = Buffer.alloc(bytes.byteLength);
  if (bytes instanceof Uint8Array) target.set(bytes);
  else bytes.copyTo(target, 0);
  return target;
}

const bounds = (chunks: readonly Chunk[]): number[][] => chunks.map(({ first, last }) => [first, last]);

test('a chunk is the LedgerCloseMetaBatch that stellar-base writes', async () => {
  const [only] = await chunk([4, 5, 6].map((sequence) => ledger(sequence)));
  const bytes = gathered(only!.bytes);
  assert.ok(batchOf(4, 6).equals(bytes));
  assert.equal(xdr.LedgerCloseMetaBatch.fromXDR(bytes).ledgerCloseMeta().length, 3);
});

test('chunks are full at a number of ledgers or of bytes, and a larger ledger travels alone', async () => {
  const numbered = [1, 2, 3, 4, 5, 6, 7].map((sequence) => ledger(sequence));
  assert.deepEqual(bounds(await chunk(numbered)), [
    [1, 3],
    [4, 6],
    [7, 7],
  ]);
  const sized = [40, 60, 61, 900, 10, 20].map((size, i) => ledger(i + 1, new Uint8Array(size)));
  assert.deepEqual(bounds(await chunk(sized, { maxLedgers: 9, maxBytes: 100 })), [
    [1, 2],
    [3, 3],
    [4, 4],
    [5, 6],
  ]);
});

test('a chunk never spans a gap, a repeat or a step back', async () => {
  const sequences = [1, 2, 4, 4, 5, 3].map((sequence) => ledger(sequence));
  assert.deepEqual(bounds(await chunk(sequences, { maxLedgers: 9 })), [
    [1, 2],
    [4, 4],
    [4, 5],
    [3, 3],
  ]);
});

test('a chunk does not wait for a ledger that is long in coming', async () => {
  const chunks = await chunk([ledger(1), ledger(2), 150, ledger(3)], { maxLedgers: 9, lingerMs: 20 });
  assert.deepEqual(bounds(chunks), [
    [1, 2],
    [3, 3],
  ]);
});

test('a data lake object goes out as it is, behind what came before it', async () => {
  const object: StoredLedgers = { first: 2, last: 65, form: 'object', bytes: Buffer.from('28b52ffd00', 'hex') };
  const chunks = await chunk([ledger(1), object, ledger(66)]);
  assert.deepEqual(bounds(chunks), [
    [1, 1],
    [2, 65],
    [66, 66],
  ]);
  assert.deepEqual(
    chunks.map(({ isCompressed }) => isCompressed),
    [false, true, false],
  );
  assert.equal(chunks[1]!.bytes, object.bytes);
});

test('what came before a failure goes out before it', async () => {
  const chunks: Chunk[] = [];
  const failing = chunksOf(source([ledger(1), ledger(2), new Error('lost')]), {
    maxLedgers: 9,
    maxBytes: 1e6,
    lingerMs: 50,
  });
  await assert.rejects(async () => {
    for await (const one of failing) chunks.push(one);
  }, /lost/);
  assert.deepEqual(bounds(chunks), [[1, 2]]);
});
