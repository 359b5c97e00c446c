import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsedBuffers } from '../../src/pool/used-buffers.js';

const MIB = 1024 * 1024;
const buffers = (count: number, bytes = MIB): ArrayBuffer[] =>
  Array.from({ length: count }, () => new ArrayBuffer(bytes));

test('threads get back as many buffers as they had to make, and no more', () => {
  const used = new UsedBuffers();
  used.add(buffers(2));
  assert.equal(used.take().length, 0);
  used.made(3);
  const [first, second, third, fourth] = buffers(4);
  used.add([first!, second!]);
  used.add([third!, fourth!]);
  assert.deepEqual(used.take(), [first, second, third]);
  used.add(buffers(1));
  assert.equal(used.take().length, 0);
});

test('what waits to go back is bounded', () => {
  const used = new UsedBuffers();
  used.made(1000);
  used.add(buffers(100));
  const waiting = used.take().reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(waiting > 0 && waiting <= 16 * MIB, `${waiting} bytes`);
});
