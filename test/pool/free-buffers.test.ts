import assert from 'node:assert/strict';
import { once } from 'node:events';
import process from 'node:process';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { freeBuffers } from '../../workers/free-buffers.js';

const MiB = 1024 * 1024;

test('a buffer that is freed is detached and its memory gone, without a garbage collection', () => {
  const before = process.memoryUsage().arrayBuffers;
  const buffers = Array.from({ length: 8 }, () => new ArrayBuffer(MiB));
  assert.ok(process.memoryUsage().arrayBuffers >= before + 8 * MiB);
  freeBuffers(buffers);
  assert.deepEqual(new Set(buffers.map(({ byteLength }) => byteLength)), new Set([0]));
  assert.ok(process.memoryUsage().arrayBuffers < before + 8 * MiB);
});

test('it works on a thread whose event loop does not turn meanwhile', async () => {
  // Where messages waited at a port instead, all of this would be held: 2 GiB.
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData).then(({ freeBuffers }) => {
      for (let i = 0; i < 512; i += 1) {
        const buffer = new ArrayBuffer(4 * 1024 * 1024);
        new Uint8Array(buffer).fill(1);
        freeBuffers([buffer]);
      }
      parentPort.postMessage(process.memoryUsage.rss());
    });`;
  const module = new URL('../../workers/free-buffers.js', import.meta.url).href;
  const before = process.memoryUsage.rss();
  const [rss] = (await once(new Worker(code, { eval: true, workerData: module }), 'message')) as [number];
  assert.ok(rss < before + 256 * MiB, `${Math.round((rss - before) / MiB)} MiB more than before`);
});

test('what is small, detached, or part of a pool is left alone', () => {
  const small = new ArrayBuffer(1000);
  const detached = new ArrayBuffer(MiB);
  structuredClone(detached, { transfer: [detached] });
  const pooled = Buffer.from('text');
  freeBuffers([small, detached, pooled.buffer]);
  assert.equal(small.byteLength, 1000);
  assert.equal(pooled.toString(), 'text');
});
