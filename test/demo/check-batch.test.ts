import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Field, makeData, RecordBatch, Schema, Struct, Uint32 } from 'apache-arrow';
import { checkBatch } from '../../src/demo/check-batch.js';
import type { FlightBatch } from '../../src/flight-client/read-flight.js';
import { messagesOf } from '../flight/arrow-messages.js';

/** A batch of one column, said to be of ledgers `first` to `last`. */
function batchOf(column: string, sequences: readonly number[], first: number, last: number): FlightBatch {
  const schema = new Schema([new Field(column, new Uint32(), false)]);
  const values = makeData({ type: new Uint32(), data: Uint32Array.from(sequences), length: sequences.length });
  const data = makeData({ type: new Struct(schema.fields), length: sequences.length, children: [values] });
  const messages = messagesOf(schema, [new RecordBatch(schema, data)]);
  const rows = sequences.length;
  return {
    progress: { v: 1, first_ledger: first, last_ledger: last, complete_through: last, rows },
    rows,
    schema: messages.schema,
    message: messages.batches[0]!,
    free: () => undefined,
  };
}

test('a batch whose rows are of its ledgers is right', () => {
  checkBatch(batchOf('ledger_sequence', [7, 7, 8, 9], 7, 9));
});

test('a row of a ledger outside the batch is named', () => {
  for (const stray of [6, 10]) {
    const check = (): void => checkBatch(batchOf('ledger_sequence', [7, stray, 9], 7, 9));
    assert.throws(check, { code: 'INTERNAL', message: `a row of ledger ${stray} is in the batch of ledgers 7 to 9` });
  }
});

test('a batch without ledger sequences, or with fewer rows than it says, is wrong', () => {
  assert.throws(() => checkBatch(batchOf('sequence', [7], 7, 7)), { code: 'INTERNAL' });
  assert.throws(() => checkBatch({ ...batchOf('ledger_sequence', [7], 7, 7), rows: 2 }), { code: 'INTERNAL' });
});
