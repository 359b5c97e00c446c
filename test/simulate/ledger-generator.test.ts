import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Networks, FeeBumpTransaction, TransactionBuilder, xdr } from '@stellar/stellar-base';
import fc from 'fast-check';
import {
  createLedgerGenerator,
  LAST_SEQUENCE,
  type LedgerGeneratorOptions,
} from '../../src/simulate/ledger-generator.js';
import { decodeLedger, isContractDataKey, keyOf, sorobanDataOf } from './decoded-ledger.js';

const networkPassphrase = Networks.TESTNET;
const small = { seed: 1, networkPassphrase, txsPerLedger: 20 };

/** Hash of an envelope as stellar-base computes it, and of the transaction within, where it is a fee bump. */
function hashes(envelope: xdr.TransactionEnvelope, passphrase: string): { outer: string; inner?: string } {
  const transaction = TransactionBuilder.fromXDR(envelope.toXDR('base64'), passphrase);
  const outer = transaction.hash().toString('hex');
  if (!(transaction instanceof FeeBumpTransaction)) return { outer };
  return { outer, inner: transaction.innerTransaction.hash().toString('hex') };
}

test('every ledger decodes with stellar-base and encodes to the same bytes again', () => {
  for (const protocol of [20, 22, 23, 25]) {
    for (const txsPerLedger of [1, 2, 3, 10, 100]) {
      const generator = createLedgerGenerator({ seed: 'sizes', networkPassphrase, txsPerLedger, protocol });
      const ledgers = txsPerLedger === 100 ? [5_000_000] : [1, 2, 15, 16, 17, 4096, LAST_SEQUENCE];
      for (const sequence of ledgers) {
        const bytes = generator.ledger(sequence);
        const { meta, sequence: decoded, header, transactions, envelopes } = decodeLedger(bytes);
        assert.ok(meta.toXDR().equals(bytes), `protocol ${protocol}, ${txsPerLedger} transactions, ledger ${sequence}`);
        assert.equal(meta.switch(), protocol < 23 ? 1 : 2);
        assert.equal(header.header().ledgerVersion(), protocol);
        assert.equal(decoded, sequence);
        assert.equal(transactions.length, txsPerLedger);
        assert.equal(envelopes.length, txsPerLedger);
      }
    }
  }
});

test('any seed and any ledger decode and encode to the same bytes', () => {
  const options = fc.record({
    seed: fc.oneof(fc.string(), fc.integer()),
    txsPerLedger: fc.integer({ min: 1, max: 25 }),
    protocol: fc.integer({ min: 20, max: 25 }),
  });
  fc.assert(
    fc.property(options, fc.integer({ min: 1, max: LAST_SEQUENCE }), (chosen, sequence) => {
      const bytes = createLedgerGenerator({ networkPassphrase, ...chosen }).ledger(sequence);
      assert.ok(decodeLedger(bytes).meta.toXDR().equals(bytes));
    }),
    { numRuns: 25 },
  );
});

test('a ledger is the same whatever was generated before', () => {
  const forwards = createLedgerGenerator(small);
  const backwards = createLedgerGenerator(small);
  const sequences = Array.from({ length: 70 }, (_, index) => 1_000 + index);
  const before = new Map(sequences.map((sequence) => [sequence, forwards.ledger(sequence)]));
  backwards.ledger(1);
  for (const sequence of sequences.toReversed()) assert.deepEqual(backwards.ledger(sequence), before.get(sequence));
});

test('another seed gives other bytes, and a number is the same seed as its digits', () => {
  const ledger = (seed: number | string) => createLedgerGenerator({ ...small, seed }).ledger(77);
  assert.notDeepEqual(ledger(1), ledger(2));
  assert.deepEqual(ledger(7), ledger('7'));
});

test('each ledger has a buffer of its own that can be transferred', () => {
  const generator = createLedgerGenerator(small);
  const first = generator.ledger(9);
  assert.equal(first.byteOffset, 0);
  assert.equal(first.byteLength, first.buffer.byteLength);
  structuredClone(first, { transfer: [first.buffer] });
  assert.equal(first.byteLength, 0);
  assert.ok(generator.ledger(9).byteLength > 0);
});

test('headers chain, and close times advance by five seconds', () => {
  const generator = createLedgerGenerator(small);
  const headers = [100, 101, 102, 103].map((sequence) => decodeLedger(generator.ledger(sequence)).header);
  headers.slice(1).forEach((header, index) => {
    const previous = headers[index]!;
    assert.deepEqual(header.header().previousLedgerHash(), previous.hash());
    const closeTime = (of: xdr.LedgerHeaderHistoryEntry) => of.header().scpValue().closeTime().toBigInt();
    assert.equal(closeTime(header) - closeTime(previous), 5n);
  });
  assert.equal(new Set(headers.map((header) => header.hash().toString('hex'))).size, headers.length);
});

test('transaction hashes are those of the envelopes under the passphrase, fee bumps included', () => {
  for (const passphrase of [Networks.TESTNET, Networks.PUBLIC]) {
    for (const protocol of [22, 25]) {
      const { envelopes, transactions } = decodeLedger(
        createLedgerGenerator({ ...small, networkPassphrase: passphrase, protocol }).ledger(321),
      );
      const expected = envelopes.map((envelope) => hashes(envelope, passphrase));
      const found = transactions.map(({ hash }) => hash.toString('hex'));
      assert.deepEqual(found.toSorted(), expected.map(({ outer }) => outer).toSorted());
      const inner = transactions.flatMap(({ result }) =>
        result.switch().name === 'txFeeBumpInnerSuccess'
          ? [result.innerResultPair().transactionHash().toString('hex')]
          : [],
      );
      assert.deepEqual(
        inner,
        expected.flatMap((one) => one.inner ?? []),
      );
      assert.equal(inner.length, 1);
    }
  }
});

test('a passphrase check on the first envelope fails for every other network', () => {
  for (const sequence of [1, 2, 3]) {
    const { envelopes, transactions } = decodeLedger(createLedgerGenerator(small).ledger(sequence));
    const results = new Set(transactions.map(({ hash }) => hash.toString('hex')));
    assert.ok(results.has(hashes(envelopes[0]!, networkPassphrase).outer));
    assert.ok(!results.has(hashes(envelopes[0]!, Networks.PUBLIC).outer));
  }
});

test('transactions stand in the set in another order than they are applied in', () => {
  const { envelopes, transactions } = decodeLedger(createLedgerGenerator(small).ledger(55));
  const first = hashes(envelopes[0]!, networkPassphrase).outer;
  assert.notEqual(transactions[0]!.hash.toString('hex'), first);
});

test('contract calls run in parallel stages from protocol 23 on, and in one phase before', () => {
  const phases = (protocol: number) => decodeLedger(createLedgerGenerator({ ...small, protocol }).ledger(8)).phases;
  assert.deepEqual(
    phases(22).map((phase) => phase.switch()),
    [0, 0],
  );
  const parallel = phases(25);
  assert.deepEqual(
    parallel.map((phase) => phase.switch()),
    [0, 1],
  );
  const stages = parallel[1]!.parallelTxsComponent().executionStages();
  assert.equal(stages.length, 2);
  assert.ok(stages[0]!.length > 1);
});

test('contents are what stellar-base counts in the bytes', () => {
  const cases: Partial<LedgerGeneratorOptions>[] = [{}, { protocol: 22 }, { txsPerLedger: 1 }, { txsPerLedger: 60 }];
  for (const options of cases) {
    const generator = createLedgerGenerator({ ...small, ...options });
    for (const sequence of Array.from({ length: 16 }, (_, index) => 3 + index * 37)) {
      assert.deepEqual(generator.contents(sequence), countContents(generator.ledger(sequence)));
    }
  }
});

function countContents(bytes: Uint8Array) {
  const { transactions, envelopes, evictedKeys } = decodeLedger(bytes);
  const changed = transactions
    .flatMap(({ metaChanges }) => metaChanges.flat())
    .filter((change) => change.switch().name !== 'ledgerEntryState')
    .map(keyOf);
  const keys = [...changed, ...evictedKeys];
  return {
    transactions: transactions.length,
    sorobanTransactions: envelopes.filter((envelope) => sorobanDataOf(envelope) !== undefined).length,
    contractDataRows: keys.filter(isContractDataKey).length,
    ttlRows: keys.filter((key) => key.switch().name === 'ttl').length,
  };
}

test('options and sequences out of bounds are refused', () => {
  for (const options of [{ txsPerLedger: 0 }, { txsPerLedger: 1.5 }, { txsPerLedger: 1e6 }, { protocol: 19 }]) {
    assert.throws(() => createLedgerGenerator({ ...small, ...options }), RangeError);
  }
  for (const sequence of [0, -1, 1.5, Number.NaN, LAST_SEQUENCE + 1]) {
    assert.throws(() => createLedgerGenerator(small).ledger(sequence), RangeError);
    assert.throws(() => createLedgerGenerator(small).contents(sequence), RangeError);
  }
});

test('key hashes of time-to-live entries are those of keys in the same ledgers', () => {
  const generator = createLedgerGenerator(small);
  for (const sequence of [40, 41, 42, 43]) {
    const { envelopes, transactions, evictedKeys } = decodeLedger(generator.ledger(sequence));
    const sha256 = (key: xdr.LedgerKey) => createHash('sha256').update(key.toXDR()).digest('hex');
    const known = new Set([...envelopes.flatMap(footprintOf), ...evictedKeys].map(sha256));
    const keys = transactions.flatMap(({ metaChanges }) => metaChanges.flat().map(keyOf));
    const ttlKeys = [...keys, ...evictedKeys].filter((key) => key.switch().name === 'ttl');
    assert.ok(ttlKeys.length > 0);
    for (const key of ttlKeys) assert.ok(known.has(key.ttl().keyHash().toString('hex')));
  }
});

function footprintOf(envelope: xdr.TransactionEnvelope): xdr.LedgerKey[] {
  const footprint = sorobanDataOf(envelope)?.resources().footprint();
  return footprint === undefined ? [] : [...footprint.readOnly(), ...footprint.readWrite()];
}
