import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteQueue } from '../../src/input/byte-queue.js';

async function* arriving(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) {
    await Promise.resolve();
    yield chunk;
  }
}

const chunks = fc.array(
  fc.uint8Array({ maxLength: 12 }).map((bytes) => new Uint8Array(bytes)),
  { maxLength: 10 },
);
const steps = fc.array(
  fc.record({ action: fc.constantFrom('peek', 'take', 'skip'), length: fc.integer({ min: 0, max: 25 }) }),
  { maxLength: 15 },
);

test('bytes come out in order and complete, however they arrive and are asked for', async () => {
  await fc.assert(
    fc.asyncProperty(chunks, steps, async (pieces, asked) => {
      const all = Buffer.concat(pieces);
      const queue = new ByteQueue(arriving(pieces));
      let at = 0;
      for (const { action, length } of asked) {
        const expected = all.subarray(at, at + length);
        if (action === 'skip') {
          assert.equal(await queue.skip(length), expected.length);
        } else {
          const bytes = action === 'peek' ? await queue.peek(length) : await queue.take(length);
          assert.equal(Buffer.compare(bytes, expected), 0);
          if (action === 'take') assert.equal(bytes.buffer.byteLength, expected.length);
        }
        if (action !== 'peek') at += expected.length;
        assert.equal(queue.offset, at);
      }
      const rest: Uint8Array[] = [];
      for await (const chunk of queue.rest()) rest.push(chunk);
      assert.equal(Buffer.compare(Buffer.concat(rest), all.subarray(at)), 0);
      assert.equal(queue.offset, all.length);
    }),
  );
});

test('no more is pulled from the source than was asked for', async () => {
  let pulled = 0;
  const source = (async function* () {
    for (;;) {
      await Promise.resolve();
      pulled += 1;
      yield new Uint8Array(10);
    }
  })();
  const queue = new ByteQueue(source);
  await queue.peek(11);
  await queue.take(20);
  assert.equal(pulled, 2);
  await queue.skip(35);
  assert.equal(pulled, 6);
});

test('closing ends the source', async () => {
  let ended = false;
  const source = (async function* () {
    try {
      for (;;) {
        await Promise.resolve();
        yield new Uint8Array(10);
      }
    } finally {
      ended = true;
    }
  })();
  const queue = new ByteQueue(source);
  await queue.peek(1);
  await queue.close();
  assert.ok(ended);
  assert.equal(await queue.fill(1), 0);
});
