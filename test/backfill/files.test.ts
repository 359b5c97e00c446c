/** Files of ranges: their rows, that they are the same each time, and what becomes of them when things go wrong. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { runCommand } from '../service/serve-process.js';
import { expectedRows, PASSPHRASE } from '../service/simulated-source.js';
import { planFiles } from '../../src/cli/backfill-files.js';
import { manifests, rowsIn, snapshot } from './folder-contents.js';
import { filesOf, generatedLake, makeFilesOf, spoil, temporaryFolder } from './generated-lake.js';

const FORMATS = ['arrow', 'parquet'] as const;
const LAST = 120;

for (const format of FORMATS) {
  test(`${format} files have the rows of their ledgers, and manifests that say so`, async (t) => {
    const { url } = generatedLake(t, LAST);
    const directory = temporaryFolder(t);
    const report = await makeFilesOf(url, { format, directory, startLedger: 1, endLedger: LAST, rangeLedgers: 50 });
    const found = manifests(directory);
    assert.deepEqual(
      found.map(({ first_ledger: first, last_ledger: last }) => [first, last]),
      [
        [1, 49],
        [50, 99],
        [100, LAST],
      ],
    );
    for (const {
      file,
      first_ledger: first,
      last_ledger: last,
      rows,
      bytes,
      sha256,
      schema_version: version,
    } of found) {
      const expected = expectedRows(first, last);
      assert.deepEqual(rowsIn(join(directory, file)), expected);
      assert.equal(rows, expected.length);
      assert.equal(version, '1');
      const contents = readFileSync(join(directory, file));
      assert.equal(bytes, contents.length);
      assert.equal(sha256, createHash('sha256').update(contents).digest('hex'));
    }
    const { ledgers, rows, gaps, failed, ranges, ranges_found: before } = report;
    assert.deepEqual(
      { ledgers, rows, gaps, failed, ranges, before },
      { ledgers: LAST, rows: expectedRows(1, LAST).length, gaps: [], failed: [], ranges: 3, before: 0 },
    );
  });

  test(`${format} files are the same bytes each time, however many threads and ranges are at work`, async (t) => {
    const { url } = generatedLake(t, LAST);
    const snapshots: Record<string, string>[] = [];
    for (const env of [
      { WORKER_COUNT: '1', RANGES_AT_ONCE: '1' },
      { WORKER_COUNT: '2', RANGES_AT_ONCE: '3' },
    ]) {
      const directory = temporaryFolder(t);
      await makeFilesOf(url, { format, directory, startLedger: 1, endLedger: LAST, rangeLedgers: 50, env });
      snapshots.push(snapshot(directory));
    }
    assert.equal(Object.keys(snapshots[0]!).length, 7);
    assert.deepEqual(snapshots[0], snapshots[1]);
  });

  test(`a range without rows is a ${format} file with the columns alone`, async (t) => {
    const { url } = generatedLake(t, 3);
    const directory = temporaryFolder(t);
    const request = {
      filters: { modified_after_ledger: 3 },
      columns: ['contract_id', 'balance', 'closed_at', 'deleted'],
    };
    await makeFilesOf(url, { format, directory, startLedger: 1, endLedger: 3, rangeLedgers: 50, request });
    const path = join(directory, manifests(directory)[0]!.file);
    const bytes = readFileSync(path);
    const table = tableFromIPC(format === 'arrow' ? bytes : readParquet(bytes).intoIPCStream());
    assert.equal(table.numRows, 0);
    assert.deepEqual(
      table.schema.fields.map(({ name, type }) => `${name}: ${String(type)}`),
      ['contract_id: Utf8', 'balance: Int64', 'closed_at: Timestamp<MICROSECOND, UTC>', 'deleted: Bool'],
    );
  });
}

test('what is there is not made again, and what is missing is', async (t) => {
  const { url } = generatedLake(t, LAST);
  const directory = temporaryFolder(t);
  const wanted = { format: 'arrow', directory, startLedger: 1, endLedger: LAST, rangeLedgers: 50 } as const;
  await makeFilesOf(url, wanted);
  const whole = snapshot(directory);
  const [first, second] = manifests(directory);
  rmSync(join(directory, second!.file));
  writeFileSync(join(directory, 'contract_data-0000000001-0000000049.arrow.left-behind.tmp'), 'half a file');
  const report = await makeFilesOf(url, wanted);
  assert.equal(report.ranges_found, 2);
  assert.equal(report.ledgers, LAST);
  assert.deepEqual(snapshot(directory), whole);

  rmSync(join(directory, 'contract_data-0000000001-0000000049.json'));
  assert.equal((await makeFilesOf(url, wanted)).ranges_found, 2);
  assert.deepEqual(snapshot(directory), whole);
  assert.equal(first!.first_ledger, 1);
});

test('another request is refused, in words that say what differs', async (t) => {
  const { url } = generatedLake(t, 60);
  const directory = temporaryFolder(t);
  const wanted = { format: 'arrow', directory, startLedger: 1, endLedger: 60, rangeLedgers: 50 } as const;
  await makeFilesOf(url, wanted);
  const before = snapshot(directory);
  const others = [
    [{ request: { columns: ['contract_id'] } }, /another request \(columns\)/],
    [{ request: { filters: { changed_only: true } } }, /another request \(filters\)/],
    [{ format: 'parquet' }, /another request \(format\)/],
    [{ rangeLedgers: 20 }, /another request \(range_ledgers\)/],
    [{ endLedger: 55 }, /ledgers 50 to 60 in one file, which overlap 50 to 55/],
  ] as const;
  for (const [change, message] of others) {
    await assert.rejects(makeFilesOf(url, { ...wanted, ...change }), { code: 'REQUEST_INVALID', message });
  }
  assert.deepEqual(snapshot(directory), before);
});

test('a range with a damaged object fails alone, and is made when the object is mended', async (t) => {
  const lake = generatedLake(t, LAST);
  const mend = spoil(lake, 70);
  const directory = temporaryFolder(t);
  const wanted = { format: 'parquet', directory, startLedger: 1, endLedger: LAST, rangeLedgers: 50 } as const;
  const { failed, ledgers } = await makeFilesOf(lake.url, wanted);
  assert.deepEqual(
    failed.map(({ first_ledger: first, last_ledger: last, code }) => [first, last, code]),
    [[50, 99, 'UNPACK_FAILED']],
  );
  assert.match(failed[0]!.reason, /70\.xdr\.zst/);
  assert.equal(ledgers, LAST - 50);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.includes('0000000050') || name.endsWith('.tmp')),
    [],
  );
  mend();
  const { failed: stillFailed, ledgers: allLedgers } = await makeFilesOf(lake.url, wanted);
  assert.deepEqual([stillFailed, allLedgers], [[], LAST]);
});

test('a damaged object is set aside where that is asked for, and the gap is in the manifest and the report', async (t) => {
  const lake = generatedLake(t, 60);
  spoil(lake, 30);
  const directory = temporaryFolder(t);
  const request = { on_bad_ledger: 'quarantine' };
  const env = { QUARANTINE_DIR: join(directory, 'quarantine') };
  const report = await makeFilesOf(lake.url, {
    format: 'arrow',
    directory,
    startLedger: 1,
    endLedger: 60,
    rangeLedgers: 50,
    request,
    env,
  });
  assert.deepEqual(report.gaps, [[30, 30, 'UNPACK_FAILED']]);
  const [first] = manifests(directory);
  assert.deepEqual((first as { gaps?: unknown }).gaps, report.gaps);
  assert.deepEqual(rowsIn(join(directory, first!.file)), [...expectedRows(1, 29), ...expectedRows(31, 49)]);
});

test('a folder that cannot be written to is named, and a look at what would be made leaves no folder', async (t) => {
  const { url } = generatedLake(t, 5);
  const directory = temporaryFolder(t);
  const occupied = join(directory, 'occupied');
  writeFileSync(occupied, '');
  const wanted = { format: 'arrow', startLedger: 1, endLedger: 5, rangeLedgers: 50 } as const;
  await assert.rejects(makeFilesOf(url, { ...wanted, directory: join(occupied, 'out') }), {
    code: 'OUTPUT_FAILED',
    message: /^--out: .*occupied.* cannot be written: ENOTDIR/,
  });
  const { missing } = await planFiles(filesOf(url, { ...wanted, directory: join(directory, 'out') }));
  assert.deepEqual(
    missing.map(({ range }) => range),
    [{ startLedger: 1, endLedger: 5 }],
  );
  assert.deepEqual(readdirSync(directory), ['occupied']);
});

test('a lake that has not come so far is told at once', async (t) => {
  const { url } = generatedLake(t, 5);
  const wanted = {
    format: 'arrow',
    directory: temporaryFolder(t),
    startLedger: 1,
    endLedger: 6,
    rangeLedgers: 50,
  } as const;
  await assert.rejects(makeFilesOf(url, wanted), { code: 'SOURCE_GAP', message: /its newest is 5/ });
});

test('killed at any moment and begun again, a backfill ends with the files of one that was not', async (t) => {
  const { url } = generatedLake(t, LAST);
  const clean = temporaryFolder(t);
  const wanted = { format: 'parquet', startLedger: 1, endLedger: LAST, rangeLedgers: 30 } as const;
  await makeFilesOf(url, { ...wanted, directory: clean });
  const directory = temporaryFolder(t);
  const words = [
    '--start',
    '1',
    '--end',
    String(LAST),
    '--range-ledgers',
    '30',
    '--sink',
    'parquet',
    '--out',
    directory,
  ];
  const env = { SOURCE: url, NETWORK_PASSPHRASE: PASSPHRASE, WORKER_COUNT: '1', RANGES_AT_ONCE: '2' };
  for (let made = 1; ; made += 2) {
    const command = runCommand(t, ['backfill', ...words], env);
    let seen = 0;
    await command
      .line((text) => (text.includes('range made') && (seen += 1) === made ? true : undefined))
      .catch(() => undefined);
    await sleep(20);
    command.child.kill('SIGKILL');
    const { code } = await command.exit;
    if (code === 0 || readdirSync(directory).filter((name) => name.endsWith('.parquet')).length >= 4) break;
  }
  const { child, exit } = runCommand(t, ['backfill', ...words], env);
  assert.equal((await exit).code, 0);
  assert.equal(child.exitCode, 0);
  assert.deepEqual(snapshot(directory), snapshot(clean));
});

test('SIGINT leaves finished ranges, nothing half-made, and the exit code of a stop', async (t) => {
  const { url } = generatedLake(t, LAST);
  const directory = temporaryFolder(t);
  const words = ['--start', '1', '--end', String(LAST), '--range-ledgers', '4', '--sink', 'arrow', '--out', directory];
  const command = runCommand(t, ['backfill', ...words], { SOURCE: url, NETWORK_PASSPHRASE: PASSPHRASE });
  await command.line((text) => (text.includes('range made') ? true : undefined));
  command.child.kill('SIGINT');
  const { code } = await command.exit;
  const names = readdirSync(directory);
  assert.ok(code === 130 || names.filter((name) => name.endsWith('.arrow')).length === 31, String(code));
  assert.deepEqual(
    names.filter((name) => name.endsWith('.tmp')),
    [],
  );
  for (const { file, bytes } of manifests(directory)) {
    assert.ok(existsSync(join(directory, file)));
    assert.equal(readFileSync(join(directory, file)).length, bytes);
  }
});

test('options behind plan are its own', async (t) => {
  const words = ['plan', '--source', 'file://./nowhere', '--start', '5', '--end', '4'];
  const { code, errors } = await runCommand(t, ['backfill', ...words]).exit;
  assert.equal(code, 1);
  assert.match(errors, /^REQUEST_INVALID: --end: 5 to 4294967295 expected, 4 found$/m);
});
