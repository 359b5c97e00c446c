import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { corpusLedgers, corpusPath, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { oracleRows } from '../support/row-oracle.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const PASSPHRASE = 'Test SDF Network ; September 2015';
const directory = mkdtempSync(join(tmpdir(), 'decode-cli-'));
after(() => rmSync(directory, { recursive: true }));

const generator = createLedgerGenerator({ seed: 3, networkPassphrase: PASSPHRASE, txsPerLedger: 8 });
const ledgers = [700, 701, 702].map((sequence) => Buffer.from(generator.ledger(sequence)));
const expected = ledgers.flatMap((ledger) => oracleRows(ledger, PASSPHRASE));

function file(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

const files = ledgers.map((ledger, i) => file(`${i}.xdr`, ledger));

function decode(
  args: readonly string[],
  input?: Uint8Array,
): { code: number | null; out: Buffer; text: string; error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'decode', ...args], {
    maxBuffer: 1 << 28,
    ...(input !== undefined && { input }),
  });
  return { code: status, out: stdout, text: stdout.toString(), error: stderr.toString() };
}

function rows(text: string): unknown[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

/** A frame of RFC 5531 record marking: length with the top bit set. */
function framed(ledger: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE((0x80000000 | ledger.length) >>> 0);
  return Buffer.concat([length, ledger]);
}

/** LedgerCloseMetaBatch of consecutive ledgers. */
function batchOf(first: number, parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(first, 0);
  head.writeUInt32BE(first + parts.length - 1, 4);
  head.writeUInt32BE(parts.length, 8);
  return Buffer.concat([head, ...parts]);
}

test('several files come out as JSON lines in the order given, with the default columns', () => {
  const { code, text, error } = decode(files);
  assert.equal(error, '');
  assert.equal(code, 0);
  assert.deepEqual(rows(text), expected);
  assert.deepEqual(Object.keys(rows(text)[0] as object), Object.keys(expected[0]!));
});

test('a batch, a framed stream, gzip and standard input give the same rows as the files', () => {
  const stream = Buffer.concat(ledgers.map(framed));
  const plain = decode(files).text;
  assert.equal(decode([file('batch.xdr', batchOf(700, ledgers))]).text, plain);
  assert.equal(decode([file('stream.xdr', stream)]).text, plain);
  assert.equal(decode([file('stream.xdr.gz', gzipSync(stream))]).text, plain);
  assert.equal(decode(['-'], gzipSync(stream)).text, plain);
});

test('threads give the same bytes as the main thread, in every format', () => {
  for (const format of ['jsonl', 'csv', 'arrow']) {
    const inline = decode(['--format', format, '--workers', '0', ...files]);
    const threads = decode(['--format', format, '--workers', '2', ...files]);
    assert.equal(threads.error, '');
    assert.ok(inline.out.length > 1000);
    assert.ok(inline.out.equals(threads.out));
  }
});

test('--format arrow is an IPC stream that apache-arrow reads', () => {
  const table = tableFromIPC(decode(['--format', 'arrow', ...files]).out);
  assert.equal(table.numRows, expected.length);
  assert.equal(table.schema.metadata.get('network_passphrase'), PASSPHRASE);
  assert.deepEqual(
    [...table.getChild('ledger_key_hash')!],
    expected.map((row) => row.ledger_key_hash),
  );
});

test('--format csv has a header, \\n line ends, empty fields for null, and true and false', () => {
  const { text } = decode(['--format', 'csv', '--columns', 'deleted,asset_code,contract_id,change_index', ...files]);
  const lines = expected.map((row) => `${row.deleted},${row.asset_code ?? ''},${row.contract_id},${row.change_index}`);
  assert.equal(text, ['deleted,asset_code,contract_id,change_index', ...lines, ''].join('\n'));
});

test('--columns keeps its order, knows default and all, and refuses what is unknown or given twice', () => {
  const first = (columns: string): string[] =>
    Object.keys(rows(decode(['--columns', columns, files[0]!]).text)[0] as object);
  assert.deepEqual(first('val_xdr,contract_id'), ['val_xdr', 'contract_id']);
  assert.equal(first('default').length, 26);
  assert.equal(first('all').length, 31);
  assert.deepEqual(first('default,prev_val_xdr').slice(-1), ['prev_val_xdr']);
  const nonsense = decode(['--columns', 'nonsense', files[0]!]);
  assert.equal(nonsense.code, 1);
  assert.match(nonsense.error, /^REQUEST_INVALID: columns: .* no column "nonsense"; it has contract_id, /);
  assert.match(decode(['--columns', 'balance,balance', files[0]!]).error, /balance is given twice/);
});

test('filters are flags, given again or with commas', () => {
  const contract = expected[0]!.contract_id as string;
  const other = expected.find((row) => row.contract_id !== contract)!.contract_id as string;
  const wanted = expected.filter((row) => [contract, other].includes(row.contract_id as string));
  assert.deepEqual(rows(decode(['--contract-ids', contract, '--contract-ids', other, ...files]).text), wanted);
  assert.deepEqual(rows(decode(['--contract-ids', `${contract}, ${other}`, ...files]).text), wanted);
  const kept = expected.filter((row) => row.deleted === false);
  assert.ok(kept.length < expected.length);
  assert.deepEqual(rows(decode(['--no-include-deleted', ...files]).text), kept);
  assert.deepEqual(rows(decode(['--include-deleted', 'false', ...files]).text), kept);
  const updates = expected.filter((row) => row.change_type === 'updated' || row.change_type === 'created');
  assert.deepEqual(rows(decode(['--change-types', 'updated,created', ...files]).text), updates);
});

test('a malformed filter is one line on stderr that names the key and what came', () => {
  const { code, text, error } = decode(['--contract-ids', 'CABC', '--min-balance', '1.5', files[0]!]);
  assert.equal(code, 1);
  assert.equal(text, '');
  assert.match(
    error,
    /^REQUEST_INVALID: filters\.contract_ids\[0\]: .*"CABC" found; filters\.min_balance: .*"1\.5" found\n$/,
  );
});

test('an asset code alone warns that its balances are not known, a known asset selects them', () => {
  const issuer = 'GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN';
  assert.match(decode(['--asset-codes', 'USDC', files[0]!]).error, /^warning: no asset with code USDC is known/);
  assert.equal(decode(['--asset-codes', 'USDC', '--known-assets', `USDC:${issuer}`, files[0]!]).error, '');
});

test('a wrong passphrase, a truncated file, a directory and an empty file each end with exit 1 and one clear line', () => {
  const wrong = decode(['--network-passphrase', 'public', files[0]!]);
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.error,
    /^PASSPHRASE_MISMATCH: .*0\.xdr: ledger 700 is not of the network "Public Global Stellar Network/,
  );
  const cut = decode([file('cut.xdr', ledgers[0]!.subarray(0, 5000))]);
  assert.equal(cut.code, 1);
  assert.match(cut.error, /^LEDGER_INVALID: .*cut\.xdr.*byte \d+/);
  const folder = decode([directory]);
  assert.equal(folder.code, 1);
  assert.match(folder.error, /^INPUT_UNREADABLE: .*directory.*replay/);
  const empty = decode([file('empty.xdr', Buffer.alloc(0))]);
  assert.equal(empty.code, 1);
  assert.match(empty.error, /^INPUT_UNREADABLE: .*empty/);
  for (const { error } of [wrong, cut, folder, empty]) assert.equal(error.trimEnd().split('\n').length, 1, error);
});

test('rows before a damaged ledger are printed before the error', () => {
  const damaged = Buffer.from(ledgers[1]!);
  damaged.fill(0xff, 400);
  const { code, text, error } = decode([files[0]!, file('damaged.xdr', damaged), files[2]!]);
  assert.equal(code, 1);
  assert.deepEqual(rows(text), oracleRows(ledgers[0]!, PASSPHRASE));
  assert.match(error, /damaged\.xdr/);
});

test('a reader that closes the pipe ends the program with exit 0', async () => {
  const child = spawn(process.execPath, [MAIN, 'decode', ...files, ...files, ...files], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.once('data', () => child.stdout.destroy());
  let error = '';
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  assert.equal(code, 0, error);
  assert.equal(error, '');
});

test('--help and --version answer on stdout with exit 0', () => {
  const help = decode(['--help']);
  assert.equal(help.code, 0);
  assert.match(help.text, /--network-passphrase <passphrase>[\s\S]*Examples:/);
  const version = spawnSync(process.execPath, [MAIN, '--version']);
  assert.equal(version.status, 0);
  assert.match(version.stdout.toString(), /^\d+\.\d+\.\d+( \([0-9a-f]{7,}(-dirty)?\))?\n$/);
});

test('a corpus ledger without rows prints nothing and is no error', { skip: skipWithoutCorpus }, () => {
  const ledger = corpusLedgers().find((candidate) => candidate.rows === 0)!;
  const result = decode(['--network-passphrase', ledger.network_passphrase, corpusPath(`${ledger.name}.xdr`)]);
  assert.deepEqual([result.code, result.text, result.error], [0, '', '']);
});

test('a real data lake object gives the expected rows byte for byte', { skip: skipWithoutCorpus }, () => {
  const result = decode(['--network-passphrase', 'public', corpusPath('lake-53312000.xdr.zst')]);
  assert.equal(result.text, readCorpus('p21-v1-53312000-e6d452.jsonl').toString());
});
