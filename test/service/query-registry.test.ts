import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Queries } from '../../src/producer/queries.js';
import { ProcessorError } from '../../workers/errors.js';

const HOUR_MS = 3_600_000;
const isCancelled = (error: unknown): boolean => error instanceof ProcessorError && error.code === 'QUERY_CANCELLED';

test('cancelling aborts the streams of the query, with the reason, and of no other', () => {
  const queries = new Queries();
  const [one, two, other] = [queries.open('a', 0), queries.open('a', 1), queries.open('b', 0)];
  queries.cancel('a');
  assert.deepEqual([one.signal.aborted, two.signal.aborted, other.signal.aborted], [true, true, false]);
  assert.ok(isCancelled(one.signal.reason));
  assert.throws(() => queries.open('a', 2), isCancelled);
});

test('a stream that was closed is not aborted any more', () => {
  const queries = new Queries();
  const stream = queries.open('a', 0);
  stream.close();
  queries.cancel('a');
  assert.equal(stream.signal.aborted, false);
});

test('a cancelled query is refused for an hour', () => {
  let now = 0;
  const queries = new Queries(() => now);
  queries.cancel('a');
  now = HOUR_MS - 1;
  assert.throws(() => queries.open('a', 0), isCancelled);
  now += HOUR_MS + 1;
  queries.open('a', 0);
});

test('a query is known for as long as a stream of it is open, however old', () => {
  let now = 0;
  const queries = new Queries(() => now);
  const stream = queries.open('a', 0);
  stream.completeThrough(5);
  now = 5 * HOUR_MS;
  queries.open('b', 0);
  assert.deepEqual(queries.watermark('a'), { 0: 5 });
  queries.cancel('a');
  assert.equal(stream.signal.aborted, true);
});

test('however many queries come, few are kept; those with open streams are', () => {
  const queries = new Queries(() => 0);
  const open = queries.open('open', 0);
  open.completeThrough(7);
  for (let i = 0; i < 20_000; i += 1) queries.open(`query ${i}`, 0).close();
  assert.deepEqual(queries.watermark('open'), { 0: 7 });
  assert.equal(queries.watermark('query 0'), undefined);
  assert.deepEqual(queries.watermark('query 19999'), {});
});
