/** Checksums of ledgers, against Node's own CRC-32 of their bytes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, gzipSync } from 'node:zlib';
import { parseRowRequest } from '../../src/request/row-request.js';
import type { DecodeInput, DecodeResult } from '../../workers/decode-result.js';
import { LedgerDecoder } from '../../workers/decode.js';
import { TEST_PASSPHRASE, created, data } from '../support/contract-entries.js';
import { buildLedger } from '../support/ledger-builder.js';

const ledgers = [10, 11, 12, 13].map((sequence) =>
  buildLedger({ sequence, transactions: [{ operations: [[created(data({ modified: sequence }))]] }] }),
);
const sums = ledgers.map((ledger, i) => [10 + i, crc32(ledger)]);

function batch(of: readonly Buffer[] = ledgers): Buffer {
  const head = Buffer.alloc(12);
  [10, 13, 4].forEach((word, i) => head.writeUInt32BE(word, 4 * i));
  return Buffer.concat([head, ...of]);
}

function decode(input: DecodeInput, policy = 'fail'): DecodeResult {
  return new LedgerDecoder(parseRowRequest({ on_bad_ledger: policy }, TEST_PASSPHRASE)).decode([input]);
}

test('ledgers have the checksums of their own bytes, in a batch or alone, packed or not', () => {
  for (const bytes of [batch(), gzipSync(batch())]) {
    assert.deepEqual(decode({ bytes, form: 'batch', sequence: 10, checkedFrom: 10 }).checksums, sums);
  }
  for (const bytes of [ledgers[0]!, gzipSync(ledgers[0]!)]) {
    assert.deepEqual(decode({ bytes, form: 'ledger', sequence: 10, checkedFrom: 10 }).checksums, [sums[0]]);
  }
});

test('ledgers that are not wanted have one from checkedFrom on, and give no rows', () => {
  const input = {
    bytes: batch(),
    form: 'batch',
    sequence: 10,
    firstLedger: 12,
    lastLedger: 12,
    checkedFrom: 11,
  } as const;
  const { ledgers: decoded, checksums } = decode(input);
  assert.deepEqual(
    decoded.map(({ sequence }) => sequence),
    [12],
  );
  assert.deepEqual(checksums, sums.slice(1, 3));
  const none = decode({
    bytes: ledgers[1]!,
    form: 'ledger',
    sequence: 11,
    firstLedger: 14,
    lastLedger: 13,
    checkedFrom: 11,
  });
  assert.deepEqual([none.ledgers, none.checksums], [[], [sums[1]]]);
});

test('none are made where none are asked for', () => {
  assert.equal(decode({ bytes: batch(), form: 'batch', sequence: 10 }).checksums, undefined);
});

test('a ledger that is set aside has one, so that another copy of it is noticed', () => {
  const damaged = Buffer.from(ledgers[1]!);
  damaged.writeUInt32BE(77, damaged.length - 4);
  const { bad, checksums } = decode({ bytes: damaged, form: 'ledger', sequence: 11, checkedFrom: 11 }, 'quarantine');
  assert.equal(bad?.length, 1);
  assert.deepEqual(checksums, [[11, crc32(damaged)]]);
});
