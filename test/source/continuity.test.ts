import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Continuity } from '../../src/source/continuity.js';
import type { SourceMessage } from '../../src/source/source-message.js';

function chunk(first: number, last: number, content = 'x'): SourceMessage {
  const bytes = Buffer.from(`${content} ${first} ${last}`);
  return { form: 'batch', first, last, bytes, networkPassphrase: undefined, closedAt: undefined };
}

/** Ledgers 1 to `sum(sizes)` as messages of the given sizes. */
function messagesOf(sizes: readonly number[]): SourceMessage[] {
  let next = 1;
  return sizes.map((size) => {
    const message = chunk(next, next + size - 1);
    next += size;
    return message;
  });
}

test('messages that come early, twice or overlapping make an unbroken sequence', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat({ max: 99 })), (chunkSizes, chances) => {
      const chance = (percent: number): boolean => (chances.next().value ?? 0) < percent;
      const messages = messagesOf(chunkSizes);
      const end = messages.at(-1)!.last;
      const order = new Continuity({ startLedger: 1, endLedger: end });
      const sent = messages.flatMap((message) => (chance(20) ? [message, message] : [message]));
      for (let i = 1; i < sent.length; i += 1) {
        if (chance(30)) [sent[i - 1], sent[i]] = [sent[i]!, sent[i - 1]!];
      }
      if (chance(50)) sent.splice(sent.length >> 1, 0, chunk(1, Math.ceil(end / 2)));

      let next = 1;
      for (const message of sent) {
        for (const due of order.accept(message)) {
          assert.equal(due.first, next);
          assert.ok(due.repeatedFrom >= Math.min(due.message.first, next) && due.last <= due.message.last);
          next = Math.max(next, due.last + 1);
        }
      }
      assert.equal(next, end + 1);
      assert.ok(order.isComplete);
      assert.equal(order.earliestHeld, undefined);
    }),
  );
});

test('what begins before a range or ends after it is cut to the range', () => {
  const order = new Continuity({ startLedger: 10, endLedger: 12 });
  assert.deepEqual(
    order.accept(chunk(1, 64)).map(({ first, last }) => [first, last]),
    [[10, 12]],
  );
  assert.ok(order.isComplete);
});

test('a message that has come before is given once more without ledgers that are due, also when it came early', () => {
  const order = new Continuity({ startLedger: 1, endLedger: 0 });
  const shape = (message: SourceMessage): number[][] =>
    order.accept(message).map(({ first, last, repeatedFrom }) => [repeatedFrom, first, last]);
  assert.deepEqual(shape(chunk(1, 2)), [[1, 1, 2]]);
  assert.deepEqual(shape(chunk(1, 2)), [[1, 3, 2]]);
  assert.deepEqual(shape(chunk(2, 4)), [[2, 3, 4]]);
  assert.equal(order.repeated, 3);
  assert.deepEqual(shape(chunk(6, 6)), []);
  assert.deepEqual(shape(chunk(6, 6)), []);
  assert.deepEqual(shape(chunk(5, 5)), [
    [5, 5, 5],
    [6, 6, 6],
    [6, 7, 6],
  ]);
  assert.equal(order.repeated, 4);
});

test('what is before the range has not come before', () => {
  const order = new Continuity({ startLedger: 10, endLedger: 0 });
  assert.deepEqual(order.accept(chunk(1, 9)), []);
  const [due] = order.accept(chunk(1, 64));
  assert.deepEqual([due!.repeatedFrom, due!.first, due!.last], [10, 10, 64]);
  const [again] = order.accept(chunk(1, 65));
  assert.deepEqual([again!.repeatedFrom, again!.first, again!.last], [10, 65, 65]);
  assert.equal(order.repeated, 55);
});

test('what is held early is bounded in number and in bytes', () => {
  const many = new Continuity({ startLedger: 1, endLedger: 0 });
  let held = 0;
  while (!many.isOverfull) many.accept(chunk(10 + ++held, 10 + held));
  assert.equal(held, 17);
  assert.equal(many.earliestHeld, 11);

  const large = new Continuity({ startLedger: 1, endLedger: 0 });
  const big = (sequence: number): SourceMessage => ({ ...chunk(sequence, sequence), bytes: Buffer.alloc(9_000_000) });
  large.accept(big(5));
  assert.ok(!large.isOverfull);
  large.accept(big(6));
  assert.ok(large.isOverfull);
  large.restart();
  assert.ok(!large.isOverfull);
});

test('messages that cannot be are errors: no sequence, an inverted range, no bytes', () => {
  const order = new Continuity({ startLedger: 1, endLedger: 0 });
  assert.throws(() => order.accept(chunk(0, 0)), /without a sequence/);
  assert.throws(() => order.accept(chunk(5, 4)), /chunk of ledgers 5 to 4/);
  assert.throws(() => order.accept({ ...chunk(1, 1), bytes: Buffer.alloc(0) }), /ledger 1 without bytes/);
});
