import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { decodeRows } from '../support/decode-rows.js';
import { oracleRows } from '../support/row-oracle.js';

function expectedRows(name: string): unknown[] {
  const text = readCorpus(`${name}.jsonl`).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

for (const ledger of corpusLedgers()) {
  test(`${ledger.name} decodes to its expected rows (${ledger.covers.join(', ')})`, { skip: skipWithoutCorpus }, () => {
    const rows = decodeRows(readCorpus(`${ledger.name}.xdr`), { passphrase: ledger.network_passphrase });
    assert.deepEqual(rows, expectedRows(ledger.name));
    assert.equal(rows.length, ledger.rows);
  });
}

test('there are corpus ledgers', { skip: skipWithoutCorpus }, () => {
  assert.ok(corpusLedgers().length > 20);
});

test(
  'the stellar-base oracle of the other tests agrees with the expected rows itself',
  { skip: skipWithoutCorpus },
  () => {
    for (const ledger of corpusLedgers().filter((candidate) => candidate.stellar_base_15_decodes)) {
      const rows = oracleRows(readCorpus(`${ledger.name}.xdr`), ledger.network_passphrase);
      assert.deepEqual(rows, expectedRows(ledger.name), ledger.name);
    }
  },
);
