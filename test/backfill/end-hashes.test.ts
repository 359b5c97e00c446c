/** The hashes of a backfill's first and last ledger are those that stellar-base reads in the same bytes. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import { reportText } from '../../src/backfill/report.js';
import { statusText } from '../../src/backfill/queue/status.js';
import { keyOf, type Layout, lakeFolder, manifestOf, objectOf, objectsOf } from '../lake/lake-folder.js';
import { testDatabases } from '../postgres/test-database.js';
import { fileCleanup } from '../service/cleanup.js';
import { ledgerBytes, PASSPHRASE } from '../service/simulated-source.js';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { backfillInto, statusOf } from './database-backfill.js';
import { generatedLake, makeFilesOf, SINGLE, spoil, temporaryFolder } from './generated-lake.js';

const databases = testDatabases(fileCleanup());
const LAST = 29;
const RANGES = { startLedger: 1, endLedger: LAST, rangeLedgers: 10 } as const;

function oracleHash(ledger: Uint8Array): string {
  return xdr.LedgerCloseMeta.fromXDR(Buffer.from(ledger)).value().ledgerHeader().hash().toString('hex');
}

interface Hashes {
  readonly first_ledger_hash: string | null;
  readonly last_ledger_hash: string | null;
}

const hashes = ({ first_ledger_hash: first, last_ledger_hash: last }: Hashes): (string | null)[] => [first, last];
const FIRST_HASH = oracleHash(ledgerBytes(1));
const LAST_HASH = oracleHash(ledgerBytes(LAST));

/** One of each form of LedgerCloseMeta that stellar-base knows; the real network's versions differ in their headers. */
const chosen = corpusLedgers().filter(
  ({ stellar_base_15_decodes: isKnown, meta_version: version, protocol }, i, all) =>
    isKnown &&
    i ===
      all.findIndex((one) => one.stellar_base_15_decodes && one.meta_version === version && one.protocol === protocol),
);

test('real ledgers as files: report and manifest have their hash', { skip: skipWithoutCorpus }, async (t) => {
  assert.ok(chosen.length >= 3);
  for (const { name, ledger_sequence: sequence, network_passphrase: passphrase } of chosen) {
    const bytes = readCorpus(`${name}.xdr`);
    const lake = lakeFolder(t);
    lake.put('.config.json', manifestOf(SINGLE, passphrase));
    lake.put(keyOf(sequence, SINGLE), objectOf(sequence, [bytes]));
    const directory = temporaryFolder(t);
    const range = { startLedger: sequence, endLedger: sequence, rangeLedgers: 6400 };
    const env = { NETWORK_PASSPHRASE: passphrase };
    const report = await makeFilesOf(lake.url, { ...range, format: 'arrow', directory, passphrase, env });
    assert.deepEqual(hashes(report), [oracleHash(bytes), oracleHash(bytes)], name);
    const manifest = readdirSync(directory).find((file) => /-\d+\.json$/.test(file))!;
    const written = JSON.parse(readFileSync(join(directory, manifest), 'utf8')) as Hashes;
    assert.deepEqual(hashes(written), [oracleHash(bytes), oracleHash(bytes)], name);
  }
});

test('a real ledger in a database: report and status have its hash', { skip: skipWithoutCorpus }, async (t) => {
  const { name, ledger_sequence: sequence, network_passphrase: passphrase } = chosen.at(-1)!;
  const bytes = readCorpus(`${name}.xdr`);
  const lake = lakeFolder(t);
  lake.put('.config.json', manifestOf(SINGLE, passphrase));
  lake.put(keyOf(sequence, SINGLE), objectOf(sequence, [bytes]));
  const env = { NETWORK_PASSPHRASE: passphrase };
  const database = await databases.empty();
  const wanted = { source: lake.url, database, first: sequence, last: sequence, rangeLedgers: 6400, passphrase, env };
  assert.deepEqual(hashes(await backfillInto(wanted)), [oracleHash(bytes), oracleHash(bytes)]);
  assert.deepEqual(hashes(await statusOf(wanted)), [oracleHash(bytes), oracleHash(bytes)]);
});

test('of many ranges the ends count, whichever run made them, and from within objects of many ledgers', async (t) => {
  const layout: Layout = { ledgersPerFile: 16, filesPerPartition: 4 };
  const lake = lakeFolder(t);
  lake.put('.config.json', manifestOf(layout, PASSPHRASE));
  for (const [key, bytes] of objectsOf(16, 63, layout, ledgerBytes)) lake.put(key, bytes);
  const expected = [oracleHash(ledgerBytes(20)), oracleHash(ledgerBytes(50))];
  const directory = temporaryFolder(t);
  const wanted = { format: 'arrow', directory, startLedger: 20, endLedger: 50, rangeLedgers: 10 } as const;
  assert.deepEqual(hashes(await makeFilesOf(lake.url, wanted)), expected);
  rmSync(join(directory, 'contract_data-0000000020-0000000029.arrow'));
  const resumed = await makeFilesOf(lake.url, wanted);
  assert.deepEqual([resumed.ranges_found, ...hashes(resumed)], [3, ...expected]);
  const again = await makeFilesOf(lake.url, wanted);
  assert.deepEqual([again.ranges_found, ...hashes(again)], [4, ...expected]);
});

test('in a database a run that makes nothing knows them, and one that goes on has the new end', async (t) => {
  const { url: source } = generatedLake(t, LAST);
  const wanted = { source, database: await databases.empty(), last: 19, rangeLedgers: 10 };
  await backfillInto(wanted);
  const again = await backfillInto(wanted);
  assert.deepEqual([again.ranges_found, ...hashes(again)], [2, FIRST_HASH, oracleHash(ledgerBytes(19))]);
  assert.deepEqual(hashes(await backfillInto({ ...wanted, last: LAST })), [FIRST_HASH, LAST_HASH]);
  assert.match(statusText(await statusOf(wanted)), new RegExp(`first ledger's hash ${FIRST_HASH}\n`));
});

test('a range without rows has the hashes of its ledgers', async (t) => {
  const { url } = generatedLake(t, LAST);
  const request = { filters: { modified_after_ledger: LAST } };
  const directory = temporaryFolder(t);
  const report = await makeFilesOf(url, { ...RANGES, format: 'arrow', directory, request });
  assert.deepEqual([report.rows, ...hashes(report)], [0, FIRST_HASH, LAST_HASH]);
  assert.match(reportText(report), new RegExp(`^  first    ${FIRST_HASH}\n  last     ${LAST_HASH}$`, 'm'));
});

test('an end whose range is not made has no hash, until it is', async (t) => {
  const lake = generatedLake(t, LAST);
  const mend = spoil(lake, 25);
  const wanted = { ...RANGES, format: 'arrow', directory: temporaryFolder(t) } as const;
  const report = await makeFilesOf(lake.url, wanted);
  assert.deepEqual(hashes(report), [FIRST_HASH, null]);
  assert.match(reportText(report), /^ {2}last {5}not known: the range of ledger 29 is not made$/m);
  mend();
  assert.deepEqual(hashes(await makeFilesOf(lake.url, wanted)), [FIRST_HASH, LAST_HASH]);
});

test('an end that was set aside has no hash, in files and in a database', async (t) => {
  const lake = generatedLake(t, LAST);
  spoil(lake, 1);
  const request = { on_bad_ledger: 'quarantine' };
  const env = { QUARANTINE_DIR: temporaryFolder(t) };
  const directory = temporaryFolder(t);
  const files = await makeFilesOf(lake.url, { ...RANGES, format: 'arrow', directory, request, env });
  const database = await databases.empty();
  const loaded = await backfillInto({ source: lake.url, database, last: LAST, rangeLedgers: 10, request, env });
  for (const report of [files, loaded]) {
    assert.deepEqual(hashes(report), [null, LAST_HASH], report.sink);
    assert.match(reportText(report), /^ {2}first {4}not known: ledger 1 was set aside \(UNPACK_FAILED\)$/m);
  }
});
