import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WindowMemory } from '../../src/session/window-memory.js';
import { MemoryShares } from '../../src/stream/memory-shares.js';

const SHARE = 1000;

/** How many streams can still be opened. */
function freeShares(shares: MemoryShares): number {
  const opened = [];
  try {
    for (;;) opened.push(shares.openStream());
  } catch {
    for (const stream of opened) stream.close();
    return opened.length;
  }
}

test('a window has shares of its own, as many as it wants or there are', () => {
  const shares = new MemoryShares(6 * SHARE, SHARE);
  const first = new WindowMemory(shares, 2000);
  assert.equal(first.capacityBytes, 2000);
  const second = new WindowMemory(shares, 2500);
  assert.equal(second.capacityBytes, 2000, 'there are no more');
  assert.equal(freeShares(shares), 0);
  assert.throws(() => new WindowMemory(shares, 2000), /streams are open/);
  assert.ok(first.giveBack());
  const third = new WindowMemory(shares, 2000);
  assert.equal(third.capacityBytes, 500, 'half of its stream’s share');
});

test('bytes move from the stream to the window’s shares, and what has no room there stays with the stream', () => {
  const shares = new MemoryShares(10 * SHARE, SHARE);
  const memory = new WindowMemory(shares, 2000);
  memory.stream.hold(2600);
  memory.held(1500, 1400);
  assert.equal(shares.usedBytes, 1500 + 1200);
  assert.equal(memory.stream.usedBytes, 1200);
  memory.held(2400, 900);
  assert.equal(memory.stream.usedBytes, 300 + 400);
  memory.held(900);
  memory.streamIsEmpty();
  assert.equal(memory.stream.usedBytes, 0);
  assert.equal(shares.usedBytes, 900);
});

test('only what the window does without is given back', () => {
  const shares = new MemoryShares(10 * SHARE, SHARE);
  const memory = new WindowMemory(shares, 3000);
  memory.held(1500);
  assert.equal(memory.giveBack(), true);
  assert.equal(memory.giveBack(), false);
  assert.equal(memory.capacityBytes, 2000);
  memory.held(0);
  assert.ok(memory.giveBack() && memory.giveBack());
  assert.equal(memory.giveBack(), false, 'there is nothing left to give');
  assert.equal(freeShares(shares), 9);
});

test('leaving the stream ends its wait for memory, and keeps the window’s bytes counted', async () => {
  const shares = new MemoryShares(3 * SHARE, SHARE);
  const other = shares.openStream();
  const memory = new WindowMemory(shares, SHARE);
  other.hold(3 * SHARE);
  memory.held(500);
  let isGranted = false;
  const claim = memory.stream.claim(5000).then(() => (isGranted = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isGranted, false);
  memory.leaveStream();
  await claim;
  memory.held(1700);
  assert.equal(shares.usedBytes - other.usedBytes, 1700);
});

test('a window that grows no more keeps the shares it needs, down to none', () => {
  const shares = new MemoryShares(8 * SHARE, SHARE);
  const memory = new WindowMemory(shares, 3000);
  memory.held(1200);
  memory.settle();
  assert.equal(freeShares(shares), 6);
  memory.held(0);
  memory.settle();
  assert.equal(freeShares(shares), 8);
});

test('a window in its stream’s share keeps one when the stream is left, though all are taken', () => {
  const shares = new MemoryShares(SHARE, SHARE);
  const memory = new WindowMemory(shares, 3000);
  assert.equal(memory.capacityBytes, 500);
  memory.held(400);
  memory.leaveStream();
  assert.equal(shares.usedBytes, 400);
  assert.equal(freeShares(shares), 0);
});
