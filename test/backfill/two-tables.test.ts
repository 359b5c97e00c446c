/** Both tables of a backfill come of objects that are asked for once. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { storedEntries, storedRows } from '../consumer/stored-rows.js';
import { faultyProxy, type FaultyProxy, firstTimes } from '../lake/faulty-proxy.js';
import { manifestOf, objectsOf } from '../lake/lake-folder.js';
import { BUCKET, s3Server } from '../lake/s3-server.js';
import { clientOf, testDatabases } from '../postgres/test-database.js';
import { type Cleanup, fileCleanup } from '../service/cleanup.js';
import { runCommand } from '../service/serve-process.js';
import { expectedRows, ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';
import { expectedTtlRows } from '../service/ttl-oracle.js';
import { planInto, statusOf, workSettings } from './database-backfill.js';
import { manifests, rowsIn, snapshot } from './folder-contents.js';
import { type FilesWanted, generatedLake, makeFilesOf, SINGLE, spoil, temporaryFolder } from './generated-lake.js';

/** Fewer than a lake is listed for: what stands in for S3 cannot go on with a listing. */
const LAST = 45;
const RANGE_LEDGERS = 20;
const RANGES = 3;
const TABLES = ['contract_data', 'ttl'] as const;
const PREFIX = 'once/';

const cleanup = fileCleanup();
const databases = testDatabases(cleanup);
const objects = objectsOf(1, LAST, SINGLE, ledgerBytes);
const server = s3Server(cleanup, PREFIX, new Map([['.config.json', manifestOf(SINGLE, PASSPHRASE)], ...objects]));

async function countedStore(t: Cleanup): Promise<{ proxy: FaultyProxy; url: string }> {
  const proxy = await faultyProxy(t, (await server).port);
  return { proxy, url: `s3://${BUCKET}/${PREFIX}?endpoint=http://127.0.0.1:${proxy.port}&unsigned` };
}

/** How often each object was asked for. */
function asked({ asked: paths }: FaultyProxy): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) if (path.includes('.xdr')) counts.set(path, (counts.get(path) ?? 0) + 1);
  return counts;
}

function assertAskedOnce(proxy: FaultyProxy): void {
  const counts = asked(proxy);
  assert.equal(counts.size, LAST);
  assert.deepEqual(new Set(counts.values()), new Set([1]));
}

function wantedIn(directory: string, format: FilesWanted['format']): FilesWanted {
  return { format, directory, startLedger: 1, endLedger: LAST, rangeLedgers: RANGE_LEDGERS };
}

function filesIn(directory: string): string[] {
  return manifests(directory).map(({ file }) => join(directory, file));
}

for (const format of ['arrow', 'parquet'] as const) {
  test(`${format} files of both tables: each object is asked for once, and the files are those of each table alone`, async (t) => {
    const { proxy, url } = await countedStore(t);
    const directory = temporaryFolder(t);
    const report = await makeFilesOf(url, { ...wantedIn(directory, format), tables: TABLES });
    assertAskedOnce(proxy);
    const contractData = filesIn(join(directory, 'contract_data')).flatMap(rowsIn);
    assert.deepEqual(contractData, expectedRows(1, LAST));
    const ttl = filesIn(join(directory, 'ttl')).flatMap(rowsIn);
    assert.deepEqual(ttl, expectedTtlRows(1, LAST));
    assert.deepEqual(
      [report.ranges, report.ranges_found, report.ledgers, report.rows],
      [RANGES, 0, LAST, contractData.length + ttl.length],
    );
    for (const table of TABLES) {
      const alone = temporaryFolder(t);
      await makeFilesOf(generatedLake(t, LAST).url, { ...wantedIn(alone, format), request: { table } });
      assert.deepEqual(snapshot(join(directory, table)), snapshot(alone));
    }
  });
}

test('a range that one table lacks is made for that one, and a range that both have is not asked for', async (t) => {
  const { proxy, url } = await countedStore(t);
  const directory = temporaryFolder(t);
  const wanted = { ...wantedIn(directory, 'arrow'), tables: TABLES };
  await makeFilesOf(url, wanted);
  const whole = TABLES.map((table) => snapshot(join(directory, table)));
  const lost = manifests(join(directory, 'ttl'))[1]!;
  rmSync(join(directory, 'ttl', lost.file));
  proxy.fault = firstTimes(1, { kind: 'reset' });
  const report = await makeFilesOf(url, wanted);
  assert.deepEqual([report.ranges, report.ranges_found, report.ledgers], [RANGES, RANGES - 1, LAST]);
  assert.deepEqual(
    TABLES.map((table) => snapshot(join(directory, table))),
    whole,
  );
  const again = [...asked(proxy).values()].filter((count) => count > 1);
  assert.equal(again.length, lost.last_ledger - lost.first_ledger + 1);
});

test('an object that is damaged fails its range for both tables, and the others are made', async (t) => {
  const lake = generatedLake(t, LAST);
  spoil(lake, 30);
  const directory = temporaryFolder(t);
  const report = await makeFilesOf(lake.url, { ...wantedIn(directory, 'arrow'), tables: TABLES });
  assert.deepEqual(
    report.failed.map(({ first_ledger: first, last_ledger: last, code }) => [first, last, code]),
    [[20, 39, 'UNPACK_FAILED']],
  );
  for (const table of TABLES) {
    assert.equal(manifests(join(directory, table)).length, RANGES - 1);
    assert.ok(readdirSync(join(directory, table)).every((name) => !name.endsWith('.tmp')));
  }
});

test('a plan for the database has each object asked for once, whoever works on it', async (t) => {
  const { proxy, url: source } = await countedStore(t);
  const database = await databases.empty();
  const wanted = { source, database, last: LAST, rangeLedgers: RANGE_LEDGERS };
  await planInto(wanted);
  assert.equal(asked(proxy).size, 0);
  const { code, errors } = await runCommand(t, ['backfill', 'work'], workSettings(database)).exit;
  assert.equal(code, 0, errors);
  assertAskedOnce(proxy);
  assert.equal((await statusOf(wanted)).ranges.finished, RANGES);

  const client = await clientOf(t, database);
  const expected = expectedRows(1, LAST);
  assert.deepEqual(await storedEntries(client, expected[0]!), expected);
  const ttl = new Map(expectedTtlRows(1, LAST).map((row) => [row.key_hash, row]));
  const columns = ['key_hash', 'deleted', 'ledger_sequence'];
  assert.deepEqual(
    await storedRows(client, 'contract_data.ttl', columns, 'key_hash'),
    [...ttl.values()]
      .map((row) => Object.fromEntries(columns.map((name) => [name, row[name]!])))
      .sort((a, b) => (String(a.key_hash) < String(b.key_hash) ? -1 : 1)),
  );
});

test('both tables are chosen by name; columns are of one table', async (t) => {
  const { url } = generatedLake(t, 9);
  const directory = temporaryFolder(t);
  const flags = [
    '--source',
    url,
    '--start',
    '1',
    '--end',
    '9',
    '--sink',
    'arrow',
    '--out',
    directory,
    '--table',
    'both',
  ];
  const refused = await runCommand(t, ['backfill', ...flags, '--columns', 'contract_id']).exit;
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /--columns: of one table/);
  // A filter of contract data means nothing for the other table.
  const made = await runCommand(t, ['backfill', ...flags, '--changed-only']).exit;
  assert.equal(made.code, 0, made.errors);
  for (const table of TABLES) assert.ok(existsSync(join(directory, table, 'manifest.json')));
});
