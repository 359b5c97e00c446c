import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRowRequest } from '../../src/request/row-request.js';
import { LedgerDecoder } from '../../workers/decode.js';
import type { DecodeInput, DecodeResult } from '../../workers/decode-result.js';
import { created, data, id, TEST_PASSPHRASE } from '../support/contract-entries.js';
import { buildLedger, type LedgerSpec } from '../support/ledger-builder.js';

const OTHER_NETWORK = 'Another Network ; January 2020';
const transactions = [{ operations: [[created(data())]] }, {}];

function decode(passphrase: string, ...inputs: DecodeInput[]): DecodeResult {
  return new LedgerDecoder(parseRowRequest({}, passphrase)).decode(inputs);
}

const ledger = (bytes: Uint8Array): DecodeInput => ({ bytes, form: 'ledger' });

/** LedgerCloseMetaBatch: startSequence, endSequence, ledgerCloseMetas<>. */
function batch(start: number, end: number, ...ledgers: Buffer[]): DecodeInput {
  const head = Buffer.alloc(12);
  [start, end, ledgers.length].forEach((value, i) => head.writeUInt32BE(value, 4 * i));
  return { bytes: Buffer.concat([head, ...ledgers]), form: 'batch' };
}

const sequences = (result: DecodeResult): number[] => result.ledgers.map(({ sequence }) => sequence);

for (const envelope of ['tx', 'txV0', 'feeBump'] as const) {
  for (const set of ['V0', 'sequential', 'parallel'] as const) {
    const spec: LedgerSpec = {
      version: set === 'V0' ? 0 : 2,
      parallel: set === 'parallel',
      transactions: [...transactions, { envelope }],
    };
    test(`a wrong passphrase is found out and named: first envelope ${envelope}, transaction set ${set}`, () => {
      assert.equal(decode(TEST_PASSPHRASE, ledger(buildLedger(spec))).error, undefined);
      const { error, ledgers } = decode(OTHER_NETWORK, ledger(buildLedger(spec)));
      assert.equal(error?.code, 'PASSPHRASE_MISMATCH');
      assert.ok(error.message.includes(OTHER_NETWORK));
      assert.equal(error.place.ledger, 1000);
      assert.equal(ledgers.length, 0);
    });
  }
}

test('ledgers without transactions put the passphrase check off, to the first that has one', () => {
  const quiet = ledger(buildLedger({ sequence: 1 }));
  const busy = ledger(buildLedger({ sequence: 2, transactions }));
  const result = decode(OTHER_NETWORK, quiet, busy);
  assert.deepEqual(sequences(result), [1]);
  assert.equal(result.error?.place.ledger, 2);
  assert.equal(decode(OTHER_NETWORK, quiet).error, undefined);
});

test('each task checks the passphrase again', () => {
  const decoder = new LedgerDecoder(parseRowRequest({}, TEST_PASSPHRASE));
  assert.equal(decoder.decode([ledger(buildLedger({ transactions }))]).error, undefined);
  const { error } = decoder.decode([ledger(buildLedger({ transactions, passphrase: OTHER_NETWORK }))]);
  assert.equal(error?.code, 'PASSPHRASE_MISMATCH');
});

test('a ledger that is not the one its message says is an error, not rows under a wrong number', () => {
  const bytes = buildLedger({ sequence: 5, transactions });
  const result = decode(TEST_PASSPHRASE, { bytes, form: 'ledger', sequence: 6 });
  assert.equal(result.error?.code, 'LEDGER_MISMATCH');
  assert.match(result.error.message, /6 .*5/);
  assert.deepEqual(sequences(result), []);
});

test('bytes behind a ledger are an error that names it, and the ledger is not delivered as sound', () => {
  const bytes = Buffer.concat([buildLedger({ sequence: 5, transactions }), Buffer.alloc(4)]);
  const result = decode(TEST_PASSPHRASE, ledger(bytes));
  assert.equal(result.error?.code, 'LEDGER_INVALID');
  assert.deepEqual(sequences(result), []);
  assert.equal(result.error.place.ledger, 5);
  assert.equal(result.error.place.offset, bytes.length - 4);
});

test('a ledger cut short before its header is named by the sequence that the source gave', () => {
  const bytes = buildLedger({ sequence: 5 }).subarray(0, 40);
  const result = decode(TEST_PASSPHRASE, { bytes, form: 'ledger', sequence: 5 });
  assert.equal(result.error?.code, 'LEDGER_INVALID');
  assert.equal(result.error.place.ledger, 5);
  assert.match(result.error.message, /ledger 5, byte \d+, \w+/);
});

test('ledgers before a bad one are not lost, and the error says where in the bad one', () => {
  const good = buildLedger({ sequence: 1, transactions });
  const bad = Buffer.from(buildLedger({ sequence: 2, transactions }));
  const at = bad.indexOf(id(1)) - 4;
  bad.writeInt32BE(77, at);
  for (const inputs of [[ledger(good), ledger(bad)], [batch(1, 2, good, bad)]]) {
    const result = decode(TEST_PASSPHRASE, ...inputs);
    assert.deepEqual(sequences(result), [1]);
    assert.deepEqual(result.error?.place, { ledger: 2, offset: at, type: 'ScAddress' });
    assert.match(result.error.message, /77/);
  }
});

test('a batch gives its ledgers in order, and is refused where its head and its ledgers disagree', () => {
  const of = (sequence: number): Buffer => buildLedger({ sequence, transactions });
  assert.deepEqual(sequences(decode(TEST_PASSPHRASE, batch(3, 5, of(3), of(4), of(5)))), [3, 4, 5]);
  const wrong: [DecodeInput, number[]][] = [
    [batch(3, 5, of(3), of(4)), []],
    [batch(5, 3, of(3)), []],
    [batch(3, 4, of(3), of(5)), [3]],
    [{ ...batch(3, 3, of(3)), sequence: 4 }, []],
  ];
  for (const [input, delivered] of wrong) {
    const result = decode(TEST_PASSPHRASE, input);
    assert.equal(result.error?.code, 'LEDGER_MISMATCH');
    assert.deepEqual(sequences(result), delivered);
  }
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(11), Buffer.concat([batch(3, 3, of(3)).bytes, Buffer.alloc(4)])]) {
    assert.equal(decode(TEST_PASSPHRASE, { bytes, form: 'batch' }).error?.code, 'LEDGER_INVALID');
  }
});
