import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xdr } from '@stellar/stellar-base';
import { readLedgerHeader } from '../../src/ledger-server/ledger-header.js';
import { XdrError } from '../../workers/xdr/reader.js';
import { corpusLedgers, readCorpus, skipWithoutCorpus } from '../support/corpus.js';
import { simulatedLedger } from './recorded-files.js';

interface HeaderOwner {
  ledgerHeader(): xdr.LedgerHeaderHistoryEntry;
}

test('sequence and close time of real ledgers are those that stellar-base reads', { skip: skipWithoutCorpus }, () => {
  const ledgers = corpusLedgers().filter((ledger) => ledger.stellar_base_15_decodes);
  assert.ok(ledgers.length > 20);
  for (const { name, ledger_sequence } of ledgers) {
    const bytes = readCorpus(`${name}.xdr`);
    const header = (xdr.LedgerCloseMeta.fromXDR(bytes).value() as HeaderOwner).ledgerHeader().header();
    const { sequence, closeTime } = readLedgerHeader(bytes);
    assert.equal(sequence, ledger_sequence, name);
    assert.equal(closeTime, header.scpValue().closeTime().toBigInt(), name);
  }
});

test('bytes too short for a header throw', () => {
  const ledger = simulatedLedger(5);
  for (const length of [0, 3, 40, 150]) {
    assert.throws(
      () => readLedgerHeader(ledger.subarray(0, length)),
      (error) => error instanceof XdrError || error instanceof RangeError,
    );
  }
});
