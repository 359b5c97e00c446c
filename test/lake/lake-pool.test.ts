/** Threads that fail, and inputs that bring their bytes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseRowRequest } from '../../src/request/row-request.js';
import { ProcessorError } from '../../workers/errors.js';
import { expectedRows, ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';
import { rowsOf } from '../support/decode-rows.js';
import { lakeFolder, type Layout, objectsOf } from './lake-folder.js';
import { openLake, readRows } from './open-lake.js';

const LAYOUT: Layout = { ledgersPerFile: 1, filesPerPartition: 1 };
const directory = mkdtempSync(join(tmpdir(), 'lake-pool-'));
after(() => rmSync(directory, { recursive: true }));

/** A thread that runs `fault` where it would decode ledger 12, and answers for all others that it has none. */
function threadWith(name: string, fault: string): URL {
  const path = join(directory, name);
  const code = `const { threadId } = require('node:worker_threads');
  module.exports = ({ inputs, state }) => {
    Atomics.store(state, 0, threadId);
    if (inputs[0].firstLedger === 12) { ${fault} }
    return { result: { ledgers: [] }, fetchedBytes: 0, decodeMs: 0, missed: [] };
  };`;
  writeFileSync(path, code);
  return pathToFileURL(path);
}

for (const [name, fault, code] of [
  ['hang.cjs', 'Atomics.store(state, 1, 1); for (;;);', 'WORKER_TIMEOUT'],
  ['crash.cjs', 'process.exit(3);', 'WORKER_CRASHED'],
] as const) {
  test(`a thread that fails while it decodes (${code}) is replaced, and its object named`, async (t) => {
    const lake = lakeFolder(t);
    for (const [key, bytes] of objectsOf(12, 14, LAYOUT, ledgerBytes)) lake.put(key, bytes);
    const replaced: ProcessorError[] = [];
    const { source, pool } = await openLake(t, lake.url, PASSPHRASE, {
      threadEntry: threadWith(name, fault),
      taskTimeoutMs: 300,
      onThreadReplaced: (error) => replaced.push(error),
    });
    const request = JSON.stringify(parseRowRequest({}, PASSPHRASE));
    for await (const { inputs, firstLedger } of source.ledgers(
      { startLedger: 12, endLedger: 14 },
      new AbortController().signal,
    )) {
      const result = pool.run({ request, inputs }, `ledger ${firstLedger}`);
      if (firstLedger === 12) await assert.rejects(result, { code, message: /ledger 12 \(FFFFFFF3--12\)/ });
      else assert.deepEqual(await result, { ledgers: [] });
    }
    assert.deepEqual(
      replaced.map((error) => error.code),
      [code],
    );
  });
}

test('threads of a lake decode ledgers that bring their bytes, too', async (t) => {
  const { pool } = await openLake(t, lakeFolder(t).url, PASSPHRASE);
  const request = JSON.stringify(parseRowRequest({}, PASSPHRASE));
  const inputs = [21, 22].map((sequence) => ({ bytes: ledgerBytes(sequence), form: 'ledger' as const, sequence }));
  const { ledgers, error } = await pool.run({ request, inputs }, 'ledgers 21 and 22');
  assert.equal(error, undefined);
  assert.deepEqual(
    ledgers.flatMap((ledger) => rowsOf(ledger, { passphrase: PASSPHRASE })),
    expectedRows(21, 22),
  );
});

test('what is fetched ahead is bounded by bytes, also where each object is larger than the bound', async (t) => {
  const lake = lakeFolder(t);
  for (const [key, bytes] of objectsOf(30, 60, LAYOUT, ledgerBytes)) lake.put(key, bytes);
  const opened = await openLake(t, lake.url, PASSPHRASE, { prefetchBytes: 1_000 });
  assert.deepEqual(await readRows(opened, { startLedger: 30, endLedger: 60 }, PASSPHRASE), expectedRows(30, 60));
});
