import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ProcessorError } from '../../workers/errors.js';
import { MemoryShares, type StreamMemory } from '../../src/stream/memory-shares.js';

/** Whether a claim is granted by the end of this turn. */
async function isGranted(claim: Promise<void>): Promise<boolean> {
  const turn = new Promise<false>((resolve) => setImmediate(resolve, false));
  return await Promise.race([claim.then(() => true), turn]);
}

/** Claims as long as anything is granted. */
async function claimAll(memory: StreamMemory): Promise<never> {
  for (;;) await memory.claim(8);
}

describe('a stream', () => {
  test('has its share at once, however much the others hold', async () => {
    const shares = new MemoryShares(100, 20);
    const greedy = shares.openStream();
    await greedy.claim(100);
    const other = shares.openStream();
    assert.ok(await isGranted(other.claim(20)));
  });

  test('that cannot have its share is refused, and can when another has closed', () => {
    const shares = new MemoryShares(100, 30);
    const [first] = [shares.openStream(), shares.openStream(), shares.openStream()];
    assert.throws(
      () => shares.openStream(),
      (error: unknown) => error instanceof ProcessorError && error.code === 'MEMORY_EXHAUSTED',
    );
    first.close();
    first.close();
    shares.openStream();
    assert.throws(() => shares.openStream(), ProcessorError);
  });

  test('waits for what does not fit, until others release it', async () => {
    const shares = new MemoryShares(100, 20);
    const [one, two] = [shares.openStream(), shares.openStream()];
    await one.claim(20 + 60);
    const claim = two.claim(20 + 50);
    assert.ok(!(await isGranted(claim)));
    one.release(60);
    assert.ok(await isGranted(claim));
  });

  test('gets a ledger larger than all memory when nobody else uses the shared part', async () => {
    const shares = new MemoryShares(100, 20);
    const [one, two] = [shares.openStream(), shares.openStream()];
    assert.ok(await isGranted(one.claim(500)));
    const claim = two.claim(500);
    assert.ok(!(await isGranted(claim)));
    one.release(500);
    assert.ok(await isGranted(claim));
  });

  test('that is closed while it waits goes on, and holds nothing', async () => {
    const shares = new MemoryShares(100, 20);
    const [one, two] = [shares.openStream(), shares.openStream()];
    await one.claim(80);
    const claim = two.claim(80);
    two.close();
    assert.ok(await isGranted(claim));
    two.hold(5);
    two.release(7);
    assert.deepEqual([two.usedBytes, shares.usedBytes], [0, 80]);
  });
});

test('readers that stand still with all they may have do not keep another from a ledger above its share', async () => {
  const shares = new MemoryShares(400, 10);
  const still = Array.from({ length: 5 }, () => shares.openStream());
  for (const stream of still) void claimAll(stream);
  await new Promise((resolve) => setImmediate(resolve));
  const late = shares.openStream();
  assert.ok(await isGranted(late.claim(60)));
});

type Step =
  | { readonly kind: 'open' }
  | { readonly kind: 'claim'; readonly stream: number; readonly bytes: number }
  | { readonly kind: 'release' | 'close'; readonly stream: number };

const stream = fc.nat(7);
const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.constant({ kind: 'open' }),
  fc.record({ kind: fc.constant('claim'), stream, bytes: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ kind: fc.constant('release'), stream }),
  fc.record({ kind: fc.constant('close'), stream }),
);

test('whatever streams do, claims of a size below the shared part stay within the memory, and none is forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const shares = new MemoryShares(400, 40);
      const open: { memory: StreamMemory; granted: number[]; waits: boolean }[] = [];
      for (const one of steps) {
        if (one.kind === 'open') {
          if (open.length < 5) open.push({ memory: shares.openStream(), granted: [], waits: false });
        } else {
          const at = open[one.stream % Math.max(1, open.length)];
          if (at === undefined) continue;
          if (one.kind === 'claim' && !at.waits) {
            at.waits = true;
            void at.memory.claim(one.bytes).then(() => {
              at.waits = false;
              at.granted.push(one.bytes);
            });
          } else if (one.kind === 'release') at.memory.release(at.granted.shift() ?? 0);
          else if (one.kind === 'close') {
            at.memory.close();
            open.splice(open.indexOf(at), 1);
          }
        }
        await new Promise((resolve) => setImmediate(resolve));
        assert.ok(shares.usedBytes <= 400, `${shares.usedBytes} bytes used`);
      }
      // Once all that was granted is given back, all that waits is granted in the end.
      for (let round = 0; round < 200 && open.some(({ waits, granted }) => waits || granted.length > 0); round += 1) {
        for (const { memory, granted } of open) memory.release(granted.shift() ?? 0);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.ok(open.every(({ waits }) => !waits));
      assert.equal(shares.usedBytes, 0);
    }),
    { numRuns: 150 },
  );
});

describe('large ledgers', () => {
  test('are received and decoded one at a time, while others go on', async () => {
    const shares = new MemoryShares(1000, 20);
    const [first, second, other] = [shares.openStream(), shares.openStream(), shares.openStream()];
    assert.ok(await isGranted(first.claim(100, true)));
    const waiting = second.claim(100, true);
    assert.equal(await isGranted(waiting), false);
    assert.ok(await isGranted(other.claim(100)));
    first.decoded(100, 150);
    assert.equal(await isGranted(waiting), false);
    first.largeDone();
    assert.ok(await isGranted(waiting));
    second.close();
    assert.ok(await isGranted(other.claim(50, true)), 'one that was closed is in nobody’s way');
  });
});

describe('what is held', () => {
  test('is raw until it is decoded, by what was claimed and what came', async () => {
    const shares = new MemoryShares(1000, 100);
    const stream = shares.openStream();
    await stream.claim(90);
    assert.deepEqual([shares.rawBytes, shares.usedBytes], [90, 90]);
    stream.received(90, 60);
    assert.deepEqual([shares.rawBytes, shares.usedBytes], [60, 60]);
    await stream.claim(30);
    stream.decoded(60, 80);
    assert.deepEqual([shares.rawBytes, shares.usedBytes], [30, 110]);
    stream.holdOnly(80);
    assert.deepEqual([shares.rawBytes, shares.usedBytes], [0, 80]);
    stream.release(80);
    assert.deepEqual([shares.rawBytes, shares.usedBytes], [0, 0]);
  });

  test('starves another stream as long as that one has its share only and waits for more', async () => {
    const shares = new MemoryShares(100, 20);
    const [greedy, other] = [shares.openStream(), shares.openStream()];
    await greedy.claim(80);
    assert.equal(shares.starvesSinceMs, undefined);
    const before = performance.now();
    const waiting = other.claim(30);
    assert.ok(shares.starvesSinceMs! >= before && shares.starvesSinceMs! <= performance.now());
    void greedy.claim(50);
    assert.ok(shares.starvesSinceMs! <= performance.now(), 'who has more than its share waits for itself');
    greedy.close();
    await waiting;
    assert.equal(shares.starvesSinceMs, undefined);
  });
});
