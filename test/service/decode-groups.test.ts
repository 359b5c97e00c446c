import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ChunkGroup, decodeGroups, type HeldChunk } from '../../src/stream/decode-groups.js';

function chunk(firstLedger: number, ledgers: number, bytes = 10): HeldChunk {
  return { firstLedger, lastLedger: firstLedger + ledgers - 1, inputs: [], bytes, heldBytes: bytes, receivedAtMs: 0 };
}

function chunksFrom(start: number, lengths: readonly number[]): HeldChunk[] {
  let next = start;
  return lengths.map((ledgers) => {
    next += ledgers;
    return chunk(next - ledgers, ledgers);
  });
}

async function* all(chunks: readonly HeldChunk[]): AsyncGenerator<HeldChunk> {
  yield* await Promise.resolve(chunks);
}

async function groupsOf(chunks: AsyncIterable<HeldChunk>, ledgersPerTask: number): Promise<ChunkGroup[]> {
  const groups: ChunkGroup[] = [];
  for await (const group of decodeGroups(chunks, ledgersPerTask)) groups.push(group);
  return groups;
}

test('groups hold every chunk once, in order, and begin at multiples of the task size', async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 500 }),
      lengths,
      fc.integer({ min: 1, max: 64 }),
      async (start, sizes, task) => {
        const chunks = chunksFrom(start, sizes);
        const groups = await groupsOf(all(chunks), task);
        assert.deepEqual(groups.flat(), chunks);
        assert.ok(groups.every((group) => group.length > 0));
        for (const group of groups.slice(1)) assert.equal(group[0]!.firstLedger % task, 0);
        for (const group of groups) assert.ok(group.slice(1).every(({ firstLedger }) => firstLedger % task !== 0));
      },
    ),
    { numRuns: 100 },
  );
});

test('a group ends at 4 MiB, and a larger chunk is one of its own', async () => {
  const mebibyte = 2 ** 20;
  const sizes = [1, 2, 2, 9, 1].map((size, i) => chunk(65 + i, 1, size * mebibyte));
  const groups = await groupsOf(all(sizes), 64);
  assert.deepEqual(
    groups.map((group) => group.map(({ bytes }) => bytes / mebibyte)),
    [[1, 2], [2], [9], [1]],
  );
});

test('a group does not wait for a chunk that has not come', async () => {
  let deliver: (() => void) | undefined;
  async function* slow(): AsyncGenerator<HeldChunk> {
    yield chunk(1, 1);
    await new Promise<void>((resolve) => (deliver = resolve));
    yield chunk(2, 1);
  }
  const groups = decodeGroups(slow(), 64);
  assert.deepEqual((await groups.next()).value, [chunk(1, 1)]);
  const second = groups.next();
  await new Promise((resolve) => setTimeout(resolve, 20));
  deliver?.();
  assert.deepEqual((await second).value, [chunk(2, 1)]);
});

test('chunks before a failure of the source are not lost with it', async () => {
  async function* failing(): AsyncGenerator<HeldChunk> {
    yield* await Promise.resolve([chunk(1, 1), chunk(2, 1)]);
    throw new Error('the source broke');
  }
  const groups: ChunkGroup[] = [];
  await assert.rejects(async () => {
    for await (const group of decodeGroups(failing(), 64)) groups.push(group);
  }, /the source broke/);
  assert.deepEqual(groups.flat(), [chunk(1, 1), chunk(2, 1)]);
});

test('a consumer that stops early stops the source', async () => {
  let isReturned = false;
  async function* endless(): AsyncGenerator<HeldChunk> {
    try {
      for (let sequence = 1; ; sequence += 1) yield await Promise.resolve(chunk(sequence, 1));
    } finally {
      isReturned = true;
    }
  }
  for await (const group of decodeGroups(endless(), 8)) if (group[0]!.firstLedger > 20) break;
  assert.ok(isReturned);
});
