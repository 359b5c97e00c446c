/** A lake of real ledgers gives the rows that are expected of them, as files. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { keyOf, lakeFolder, manifestOf, objectOf } from '../lake/lake-folder.js';
import { oracleRow } from '../service/flight-reader.js';
import { type CorpusLedger, corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { makeFilesOf, SINGLE, temporaryFolder } from './generated-lake.js';

/** Those with rows, and the first ones without; of two recordings of one ledger the first. */
function chosenLedgers(): CorpusLedger[] {
  const chosen = corpusLedgers().filter(({ ledger_sequence: sequence, network_passphrase: network }, i, all) => {
    return i === all.findIndex((one) => one.ledger_sequence === sequence && one.network_passphrase === network);
  });
  return [...chosen.filter(({ rows }) => rows > 0), ...chosen.filter(({ rows }) => rows === 0).slice(0, 2)];
}

test('each real ledger as a file of its own', { skip: skipWithoutCorpus }, async (t) => {
  for (const { name, ledger_sequence: sequence, network_passphrase: passphrase } of chosenLedgers()) {
    const lake = lakeFolder(t);
    lake.put('.config.json', manifestOf(SINGLE, passphrase));
    lake.put(keyOf(sequence, SINGLE), objectOf(sequence, [readCorpus(`${name}.xdr`)]));
    const lines = readCorpus(`${name}.jsonl`).toString('utf8').split('\n');
    const expected = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
    for (const format of ['arrow', 'parquet'] as const) {
      const directory = temporaryFolder(t);
      const range = { startLedger: sequence, endLedger: sequence, rangeLedgers: 6400 };
      await makeFilesOf(lake.url, { ...range, format, directory, passphrase, env: { NETWORK_PASSPHRASE: passphrase } });
      const file = readdirSync(directory).find((found) => found.endsWith(`.${format}`))!;
      const bytes = readFileSync(join(directory, file));
      const table = tableFromIPC(format === 'arrow' ? bytes : readParquet(bytes).intoIPCStream());
      const rows = table.toArray().map((row) => oracleRow((row as { toJSON(): Record<string, unknown> }).toJSON()));
      assert.deepEqual(rows, expected, `${name}, ${format}`);
    }
  }
});
