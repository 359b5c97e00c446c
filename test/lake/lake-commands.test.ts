/** Lakes on the command line: written by `simulate`, read by `decode`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { xdr } from '@stellar/stellar-base';
import { decompress } from 'fzstd';
import { oracleRows } from '../support/row-oracle.js';
import { lakeFolder } from './lake-folder.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const PASSPHRASE = 'Test SDF Network ; September 2015';

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...words: string[]): Promise<Output> {
  const env = { PATH: process.env.PATH };
  try {
    const output = await promisify(execFile)(process.execPath, [MAIN, ...words], { env, maxBuffer: 2 ** 28 });
    return { code: 0, ...output };
  } catch (error) {
    return error as Output;
  }
}

/** The ledger of an object that holds one, after a look at the batch around it. */
function ledgerOf(path: string): Buffer {
  const batch = Buffer.from(decompress(readFileSync(path)));
  const ledger = batch.subarray(12);
  const sequence = xdr.LedgerCloseMeta.fromXDR(ledger).v2().ledgerHeader().header().ledgerSeq();
  assert.deepEqual(
    [0, 4, 8].map((at) => batch.readUInt32BE(at)),
    [sequence, sequence, 1],
  );
  return ledger;
}

test('simulate writes a lake as the grammar has it, and goes on with it', async (t) => {
  const { path } = lakeFolder(t);
  const words = ['simulate', '--lake', path, '--txs-per-ledger', '4'];
  const first = await run(...words, '--start-ledger', '5', '--ledgers', '3');
  assert.equal(first.stdout.replace(/\(.*\)/, '(…)'), `ledgers 5 to 7 in 3 objects (…) at ${path}\n`);
  assert.deepEqual(JSON.parse(readFileSync(join(path, '.config.json'), 'utf8')), {
    networkPassphrase: PASSPHRASE,
    version: '1.0',
    compression: 'zstd',
    ledgersPerBatch: 1,
    batchesPerPartition: 64_000,
  });
  const folder = join(path, 'FFFFFFFF--0-63999');
  const names = ['FFFFFFF8--7.xdr.zst', 'FFFFFFF9--6.xdr.zst', 'FFFFFFFA--5.xdr.zst'];
  assert.deepEqual(readdirSync(folder).sort(), names);
  const before = statSync(join(folder, names[0]!)).mtimeMs;

  const second = await run(...words, '--start-ledger', '5', '--ledgers', '5');
  assert.match(second.stdout, /^ledgers 5 to 9 in 5 objects \(.*, 3 of them from before\)/);
  assert.equal(statSync(join(folder, names[0]!)).mtimeMs, before);
  assert.ok(existsSync(join(folder, 'FFFFFFF6--9.xdr.zst')));

  const other = await run(...words, '--seed', '2', '--ledgers', '5');
  assert.equal(other.code, 1);
  assert.match(other.stderr, /^REQUEST_INVALID: .*a lake of the same simulation expected/);
});

test('decode reads a range of a lake that simulate wrote, as a second decoder reads its objects', async (t) => {
  const { path, url } = lakeFolder(t);
  await run('simulate', '--lake', path, '--txs-per-ledger', '6', '--start-ledger', '40', '--ledgers', '12');
  const folder = join(path, 'FFFFFFFF--0-63999');
  const objects = readdirSync(folder).sort().reverse();
  const expected = objects.slice(2, 8).flatMap((name) => oracleRows(ledgerOf(join(folder, name)), PASSPHRASE));
  assert.ok(expected.length > 50);
  const { stdout, stderr, code } = await run('decode', url, '--start', '42', '--end', '47');
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const lines = stdout.split('\n').slice(0, -1);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    expected,
  );

  const beyond = await run('decode', url, '--start', '42', '--end', '99');
  assert.equal(beyond.code, 75);
  assert.match(beyond.stderr, /^SOURCE_GAP: ledgers up to 99 expected in .*, its newest is 51/);
});

test('of 64 ledgers in an object only full objects are written, the first without ledger 1', async (t) => {
  const { path, url } = lakeFolder(t);
  const words = ['simulate', '--lake', path, '--txs-per-ledger', '1', '--ledgers-per-file', '64'];
  assert.match((await run(...words, '--ledgers', '40')).stdout, /^no object of 64 ledgers is full/);
  assert.match((await run(...words, '--ledgers', '150')).stdout, /^ledgers 2 to 127 in 2 objects/);
  const folder = join(path, 'FFFFFFFF--0-639');
  assert.deepEqual(readdirSync(folder).sort(), ['FFFFFFBF--64-127.xdr.zst', 'FFFFFFFF--0-63.xdr.zst']);
  const batch = Buffer.from(decompress(readFileSync(join(folder, 'FFFFFFFF--0-63.xdr.zst'))));
  assert.deepEqual(
    [0, 4, 8].map((at) => batch.readUInt32BE(at)),
    [2, 63, 62],
  );
  const { stdout } = await run('decode', url, '--start', '60', '--end', '70');
  const sequences = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { ledger_sequence: number }).ledger_sequence);
  assert.ok(sequences.length > 0 && sequences.every((sequence) => sequence >= 60 && sequence <= 70));
});

test('what cannot be is refused with a reason', async (t) => {
  const { path, url } = lakeFolder(t);
  for (const [words, reason] of [
    [['simulate', '--lake', path], /^REQUEST_INVALID: --ledgers or --rate expected/],
    [['decode', url], /^REQUEST_INVALID: .*--start to --end: both expected/],
    [['decode', url, '--start', '9', '--end', '5'], /^REQUEST_INVALID: --end: 9 or more expected, 5 found/],
    [['decode', url, 'ledger.xdr', '--start', '1', '--end', '5'], /^REQUEST_INVALID: one data lake alone expected/],
    [['decode', `${url}-not-there`, '--start', '1', '--end', '5'], /^SOURCE_REFUSED: .*no such folder/],
  ] as const) {
    const { code, stderr } = await run(...words);
    assert.equal(code, 1, words.join(' '));
    assert.match(stderr, reason);
  }
});
