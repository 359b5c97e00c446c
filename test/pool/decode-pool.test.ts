import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inOrder } from '../../src/order/in-order.js';
import { InlineDecodePool, ThreadDecodePool } from '../../src/pool/decode-pool.js';
import { transferable } from '../../src/pool/transfer.js';
import { parseRowRequest } from '../../src/request/row-request.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import type { DecodeTask } from '../../workers/decode-task.js';
import { ProcessorError } from '../../workers/errors.js';

const PASSPHRASE = 'Test SDF Network ; September 2015';
const REQUEST = JSON.stringify(parseRowRequest({}, PASSPHRASE));
const LIMITS = { maxBytesInFlight: 8_000_000, taskTimeoutMs: 30_000 };

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'decode-pool-'));
});
after(() => rm(directory, { recursive: true }));

function tasks(count: number): DecodeTask[] {
  const generator = createLedgerGenerator({ seed: 5, networkPassphrase: PASSPHRASE, txsPerLedger: 10 });
  return Array.from({ length: count }, (_, i) => ({
    request: REQUEST,
    inputs: [{ bytes: generator.ledger(100 + i), form: 'ledger', sequence: 100 + i }],
  }));
}

test('threads give the very bytes that the calling thread gives, in order', async () => {
  const inline = new InlineDecodePool();
  const threads = new ThreadDecodePool({ threads: 2, ...LIMITS });
  try {
    const expected = await Promise.all(tasks(20).map((task) => inline.run(task)));
    const results = [];
    for await (const result of inOrder(tasks(20), (task) => threads.run(task, 'test ledgers'), 5)) results.push(result);
    assert.deepEqual(results, expected);
    assert.ok(results.every(({ ledgers }) => ledgers[0]!.rows > 0));
    assert.equal(threads.bytesInFlight, 0);
  } finally {
    await threads.close();
  }
});

test('input bytes are transferred, not copied: the sender’s buffer is empty afterwards', async () => {
  const threads = new ThreadDecodePool({ threads: 1, ...LIMITS });
  try {
    const [task] = tasks(1);
    const { bytes } = task!.inputs[0]!;
    assert.ok(bytes.buffer.byteLength > 0);
    await threads.run(task!, 'test ledgers');
    assert.equal(bytes.buffer.byteLength, 0);
  } finally {
    await threads.close();
  }
});

test('a view into a larger buffer, such as Node’s shared pool, is copied and stays readable', () => {
  const pooled = Buffer.from('a small message');
  const moved = transferable(pooled);
  assert.notEqual(moved.buffer, pooled.buffer);
  assert.equal(Buffer.from(moved).toString(), 'a small message');
  const message = new Uint8Array(1_000_000);
  const field = message.subarray(13);
  assert.equal(transferable(field).buffer, message.buffer);
});

function entry(name: string, code: string): URL {
  const path = join(directory, name);
  writeFileSync(path, code);
  return pathToFileURL(path);
}

const ANSWERS_OR = (failure: string): string =>
  `export default (task) => { if (task.inputs[0].sequence === 100) { ${failure} } return { ledgers: [] }; };`;

async function failureOf(pool: ThreadDecodePool): Promise<ProcessorError> {
  const [first] = tasks(1);
  return await pool.run(first!, 'ledgers 100 to 100').then(
    () => assert.fail('the task was expected to fail'),
    (error: unknown) => {
      assert.ok(error instanceof ProcessorError);
      return error;
    },
  );
}

test('a worker that dies is reported with its ledgers and replaced', async () => {
  const pool = new ThreadDecodePool({
    threads: 1,
    ...LIMITS,
    entry: entry('dies.mjs', ANSWERS_OR('process.exit(3);')),
  });
  try {
    const error = await failureOf(pool);
    assert.equal(error.code, 'WORKER_CRASHED');
    assert.match(error.message, /ledgers 100 to 100/);
    const second = tasks(2)[1]!;
    assert.deepEqual(await pool.run(second, 'ledgers 101 to 101'), { ledgers: [] });
  } finally {
    await pool.close();
  }
});

test('a worker out of memory is reported with its ledgers and replaced, and the process lives on', async () => {
  const hoard = 'const all = []; for (;;) all.push(new Array(1e5).fill(all.length));';
  const pool = new ThreadDecodePool({
    threads: 1,
    ...LIMITS,
    maxHeapMb: 32,
    entry: entry('hoards.mjs', ANSWERS_OR(hoard)),
  });
  try {
    assert.equal((await failureOf(pool)).code, 'WORKER_CRASHED');
    assert.deepEqual(await pool.run(tasks(2)[1]!, 'ledgers 101 to 101'), { ledgers: [] });
  } finally {
    await pool.close();
  }
});

test('a worker that never finishes is given up, reported with its ledgers and replaced', async () => {
  const pool = new ThreadDecodePool({
    threads: 1,
    ...LIMITS,
    taskTimeoutMs: 500,
    entry: entry('hangs.mjs', ANSWERS_OR('for (;;);')),
  });
  try {
    const error = await failureOf(pool);
    assert.equal(error.code, 'WORKER_TIMEOUT');
    assert.match(error.message, /ledgers 100 to 100 did not finish within 500 ms/);
    assert.deepEqual(await pool.run(tasks(2)[1]!, 'ledgers 101 to 101'), { ledgers: [] });
  } finally {
    await pool.close();
  }
});

test('tasks wait while the bytes in flight are at their bound', async () => {
  const all = tasks(6);
  const size = all[0]!.inputs[0]!.bytes.byteLength;
  const pool = new ThreadDecodePool({ threads: 2, ...LIMITS, maxBytesInFlight: size });
  let most = 0;
  try {
    await Promise.all(
      all.map(async (task) => {
        await pool.run(task, 'test ledgers');
        most = Math.max(most, pool.bytesInFlight);
      }),
    );
    assert.ok(most < 2 * size, `${most} bytes in flight`);
  } finally {
    await pool.close();
  }
});
