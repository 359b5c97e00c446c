/** Small objects are planned together, so that one task of a thread is many of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedRows, ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';
import { lakeFolder, type Layout, objectsOf } from './lake-folder.js';
import { openLake, type Readable, readRows } from './open-lake.js';

const SINGLE: Layout = { ledgersPerFile: 1, filesPerPartition: 10 };
const LARGE: Layout = { ledgersPerFile: 32, filesPerPartition: 1 };
const RANGE = { startLedger: 30, endLedger: 66 };

async function spans({ source }: Readable, signal = new AbortController().signal): Promise<[number, number, number][]> {
  const found: [number, number, number][] = [];
  for await (const { firstLedger, lastLedger, inputs } of source.ledgers(RANGE, signal)) {
    found.push([firstLedger, lastLedger, inputs.length]);
  }
  return found;
}

test('chunks of small objects end at multiples of what goes together, once it is known that they are small', async (t) => {
  const lake = lakeFolder(t);
  for (const [key, bytes] of objectsOf(30, 66, SINGLE, ledgerBytes)) lake.put(key, bytes);
  const opened = await openLake(t, lake.url, PASSPHRASE, { ledgersTogether: 16 });
  // Until then a ledger is taken for 256 KiB, and 2 MiB go together.
  assert.deepEqual(await spans(opened), [
    [30, 31, 2],
    [32, 39, 8],
    [40, 47, 8],
    [48, 55, 8],
    [56, 63, 8],
    [64, 66, 3],
  ]);
  assert.deepEqual(await readRows(opened, RANGE, PASSPHRASE), expectedRows(30, 66));
  assert.deepEqual(await spans(opened), [
    [30, 31, 2],
    [32, 47, 16],
    [48, 63, 16],
    [64, 66, 3],
  ]);
});

test('unless it is asked for, and where an object holds as many ledgers, each object is a chunk', async (t) => {
  const single = lakeFolder(t);
  for (const [key, bytes] of objectsOf(30, 66, SINGLE, ledgerBytes)) single.put(key, bytes);
  const alone = await openLake(t, single.url, PASSPHRASE);
  assert.equal((await spans(alone)).length, 37);

  const large = lakeFolder(t);
  for (const [key, bytes] of objectsOf(32, 95, LARGE, ledgerBytes)) large.put(key, bytes);
  const opened = await openLake(t, large.url, PASSPHRASE, { ledgersTogether: 16 });
  const range = { startLedger: 40, endLedger: 90 };
  assert.deepEqual(await readRows(opened, range, PASSPHRASE), expectedRows(40, 90));
  const found: [number, number][] = [];
  for await (const { firstLedger, lastLedger } of opened.source.ledgers(range, new AbortController().signal)) {
    found.push([firstLedger, lastLedger]);
  }
  assert.deepEqual(found, [
    [40, 63],
    [64, 90],
  ]);
});
