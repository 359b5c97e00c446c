import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageFrame } from '../../src/grpc/message-frame.js';

const LARGE = 256 * 1024;
const frame = (): MessageFrame => new MessageFrame(LARGE, (target, start) => void target.fill(7, start, start + LARGE));

test('a frame is written behind the prefix, and what it was written into is freed', () => {
  const large = frame();
  const output = new Uint8Array(5 + LARGE);
  large.copy(output, 5);
  assert.deepEqual([output[4], output[5], output.at(-1)], [0, 7, 7]);
  large.free();
  assert.equal(output.byteLength, 0);
  large.free();
});

test('memory that a frame shares with others stays', () => {
  const large = frame();
  const shared = new Uint8Array(3 * LARGE);
  large.copy(shared.subarray(0, 5 + LARGE), 5);
  large.free();
  assert.equal(shared.byteLength, 3 * LARGE);
});
