import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVICTION_DELAY_LEDGERS, parseStory } from '../../src/simulate/story.js';

test('a scene knows when value, entry and time to live last changed, around the cycle', () => {
  const scenes = parseStory('C U W .+ W X', 10);
  const ages = scenes.map(({ valueAge, entryAgeLedgers, ttlAgeLedgers }) => [valueAge, entryAgeLedgers, ttlAgeLedgers]);
  assert.deepEqual(ages, [
    [5, 20, 10],
    [1, 10, 10],
    [1, 10, 20],
    [2, 10, 30],
    [3, 20, 10],
    [4, 10, 20],
  ]);
});

test('times to live end just before an eviction, and just behind the touch that extends or ends them', () => {
  const [created, extended, last] = parseStory('C U+ W/', 40);
  assert.ok(created!.liveForLedgers >= 40 && created!.liveForLedgers < 80);
  assert.equal(extended!.previousLiveForLedgers, created!.liveForLedgers);
  assert.equal(extended!.liveForLedgers, 40 + EVICTION_DELAY_LEDGERS - 1);
  assert.ok(last!.evicted && !last!.ttlChanged);
});

test('what is not a scene is refused', () => {
  for (const story of ['', 'D', 'C UU', 'C/+', 'c']) assert.throws(() => parseStory(story, 32), TypeError);
});
