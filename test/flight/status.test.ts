import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProcessorError } from '../../workers/errors.js';
import { FlightRefusal, statusOf } from '../../src/flight/status.js';

test('an error of the table gives its gRPC status and a text that starts with its code', () => {
  assert.deepEqual(statusOf(new ProcessorError('LEDGER_INVALID', 'ledger 7 at byte 12')), {
    code: 15,
    details: 'LEDGER_INVALID: ledger 7 at byte 12',
  });
});

test('what is not of the table is INTERNAL', () => {
  assert.deepEqual(statusOf(new TypeError('x is undefined')), { code: 13, details: 'INTERNAL: x is undefined' });
  assert.deepEqual(statusOf('thrown text'), { code: 13, details: 'INTERNAL: thrown text' });
});

test('a refusal of the protocol has its own status', () => {
  assert.deepEqual(statusOf(new FlightRefusal('UNIMPLEMENTED', 'no')), { code: 12, details: 'UNIMPLEMENTED: no' });
});

test('any text can be sent: encodable, below 2 KiB, its start and end kept', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3000, size: 'max' }),
    fc
      .array(fc.constantFrom('\ud800', '\udfff', '😀', 'ž', '%', '\n', 'a'), { maxLength: 4000, size: 'max' })
      .map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (message) => {
      const { details } = statusOf(new ProcessorError('INTERNAL', `${message} resume_from=123`));
      assert.ok(encodeURI(details).length < 2048);
      assert.ok(details.startsWith('INTERNAL: '));
      assert.ok(details.endsWith(' resume_from=123'));
    }),
    { numRuns: 60 },
  );
});
