import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { columnKinds } from '../../src/cli/output/writers.js';
import { parseRowRequest } from '../../src/request/row-request.js';
import { createLedgerGenerator } from '../../src/simulate/ledger-generator.js';
import { joinRecordBatches } from '../../workers/columns/join.js';
import { decodeLedger } from '../support/decode-rows.js';

const PASSPHRASE = 'Test SDF Network ; September 2015';
const generator = createLedgerGenerator({ seed: 2, networkPassphrase: PASSPHRASE, txsPerLedger: 20 });

test('joining the pieces of a ledger, of any size and in all columns, gives the bytes of building it at once', () => {
  const kinds = columnKinds(parseRowRequest({ columns: ['all'] }, PASSPHRASE));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 10, max: 500 }), (pieceRows, sequence) => {
      const ledger = generator.ledger(sequence);
      const decode = (batchSize: number) =>
        decodeLedger(ledger, { passphrase: PASSPHRASE, request: { columns: ['all'], batch_size: batchSize } }).blocks;
      const whole = decode(100_000);
      assert.equal(whole.length, 1);
      const pieces = decode(pieceRows);
      assert.ok(pieces.length >= Math.ceil(whole[0]!.rows / pieceRows));
      const { rows, metadata, body } = joinRecordBatches(kinds, pieces);
      // Where a message starts in the transport's memory is no multiple of anything.
      const target = new Uint8Array(3 + body.byteLength + 1).fill(0xee);
      assert.ok(!(body instanceof Uint8Array) || pieces.length === 1);
      if (body instanceof Uint8Array) target.set(body, 3);
      else body.copyTo(target, 3);
      assert.equal(rows, whole[0]!.rows);
      assert.deepEqual(metadata, whole[0]!.metadata);
      assert.deepEqual(target.subarray(3, -1), whole[0]!.body);
      assert.deepEqual([...target.subarray(0, 3), target.at(-1)], [0xee, 0xee, 0xee, 0xee]);
    }),
    { numRuns: 40 },
  );
});
