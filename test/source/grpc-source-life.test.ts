import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LedgerChunk } from '../../src/source/ledger-source.js';
import {
  impatientSource,
  lastLedgerOf,
  madeUpLedger,
  madeUpStore,
  quiet,
  readRange,
  recorder,
  serve,
  until,
} from './made-up-ledgers.js';

test('chunks are preferred where there are several ways', async (t) => {
  const { target } = await serve(t);
  const chunks = await readRange(impatientSource({ target }), { startLedger: 1, endLedger: 20 });
  assert.ok(chunks.every((chunk) => chunk.inputs[0]!.form === 'batch'));
});

test('a source that is not there yet is waited for, and health says so', async (t) => {
  const place = await serve(t);
  place.close();
  const { observer, reasons } = recorder();
  const source = impatientSource({ target: place.target, observer });
  const reading = readRange(source, { startLedger: 1, endLedger: 30 });
  await until(() => reasons.length >= 3);
  const { nextLedger, state } = source.openStreams[0]!;
  assert.equal(nextLedger, 1);
  assert.ok(state.kind !== 'streaming' && state.failures >= 3);
  await until(() => source.openStreams[0]!.state.kind === 'waiting');
  const waiting = source.openStreams[0]!.state;
  assert.ok(waiting.kind === 'waiting' && /UNAVAILABLE/.test(waiting.lastError));

  await serve(t, {}, place.port);
  assert.equal(lastLedgerOf(await reading), 30);
  assert.deepEqual(source.openStreams, []);
});

test('a source that restarts on its port goes on at the exact next ledger', async (t) => {
  const first = await serve(t, { protocols: ['ledgers'] });
  const { observer, reasons } = recorder();
  const source = impatientSource({ target: first.target, observer });
  let next = 1;
  for await (const chunk of source.ledgers({ startLedger: 1, endLedger: 500 }, new AbortController().signal)) {
    assert.equal(chunk.firstLedger, next);
    next = chunk.lastLedger + 1;
    if (chunk.lastLedger === 40) {
      first.close();
      setTimeout(() => void serve(t, { protocols: ['chunks'] }, first.port), 100);
    }
  }
  assert.equal(next, 501);
  assert.ok(reasons.length > 0);
});

test('health says streaming while the network is quiet', async (t) => {
  const { target } = await serve(t, { store: madeUpStore(10) });
  const source = impatientSource({ target });
  const stop = new AbortController();
  const reading = readRange(source, { startLedger: 11, endLedger: 0 }, madeUpLedger, stop.signal);
  await until(() => source.openStreams[0]?.state.kind === 'streaming');
  stop.abort();
  assert.deepEqual(await reading, []);
});

test('a quiet network is asked again and again without a growing wait', async (t) => {
  const { target } = await serve(t, { store: madeUpStore(10) });
  const stop = new AbortController();
  const failures: number[] = [];
  const source = impatientSource({
    target,
    idleTimeoutMs: 60,
    observer: {
      reconnecting() {
        failures.push(source.openStreams[0]!.state.failures);
        if (failures.length === 5) stop.abort();
      },
    },
  });
  await readRange(source, { startLedger: 11, endLedger: 0 }, madeUpLedger, stop.signal);
  assert.ok(failures.filter((count) => count === 1).length >= 4, `failures counted: ${failures.join(', ')}`);
});

describe('an abort ends a stream at once and without an error', () => {
  test('while the source is quiet', async (t) => {
    const { target } = await serve(t, { store: madeUpStore(10) });
    const stop = new AbortController();
    const reading = readRange(impatientSource({ target }), { startLedger: 1, endLedger: 0 }, madeUpLedger, stop.signal);
    await quiet(100);
    await endsPromptly(reading, stop, 10);
  });

  test('while a reconnect is waited for', async (t) => {
    const { target, close } = await serve(t);
    close();
    const { observer, reasons } = recorder();
    const source = impatientSource({ target, observer, backoff: { firstMs: 60_000, maxMs: 60_000 } });
    const stop = new AbortController();
    const reading = readRange(source, { startLedger: 1, endLedger: 0 }, madeUpLedger, stop.signal);
    await until(() => reasons.length > 0);
    await endsPromptly(reading, stop, undefined);
  });

  test('before it began', async (t) => {
    const { target } = await serve(t);
    const stop = new AbortController();
    stop.abort();
    const source = impatientSource({ target });
    assert.deepEqual(await readRange(source, { startLedger: 1, endLedger: 0 }, madeUpLedger, stop.signal), []);
  });
});

test('a consumer that leaves ends the call at the source', async (t) => {
  let made = 0;
  const ledger = (sequence: number): Uint8Array => {
    made = Math.max(made, sequence);
    return madeUpLedger(sequence);
  };
  const { target } = await serve(t, { store: madeUpStore(10_000_000, ledger) });
  const source = impatientSource({ target });
  for await (const chunk of source.ledgers({ startLedger: 1, endLedger: 0 }, new AbortController().signal)) {
    if (chunk.lastLedger > 50) break;
  }
  assert.deepEqual(source.openStreams, []);
  await quiet(100);
  const before = made;
  await quiet(100);
  assert.equal(made, before);
});

async function endsPromptly(reading: Promise<LedgerChunk[]>, stop: AbortController, last?: number): Promise<void> {
  const abortedAt = performance.now();
  stop.abort();
  assert.equal(lastLedgerOf(await reading), last);
  assert.ok(performance.now() - abortedAt < 500);
}
