import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { createLogger } from '../../src/ops/logger.js';
import { Shutdown, type SignalEmitter } from '../../src/ops/shutdown.js';
import { TestClock } from '../flowctl/test-clock.js';

function setUp(timeoutMs = 30_000) {
  const clock = new TestClock();
  const exits: { code: number; atMs: number }[] = [];
  const lines: Record<string, unknown>[] = [];
  const output = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ level: 'info', output });
  const begunMs = clock.now();
  const exit = (code: number): void => void exits.push({ code, atMs: clock.now() - begunMs });
  const shutdown = new Shutdown({ timeoutMs, logger, exit, clock });
  const pause = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
  return { clock, exits, lines, shutdown, pause };
}

const hang = (): Promise<void> => new Promise(() => undefined);

/** A step that waits for `work` until it is told to hurry. */
const until = (signal: AbortSignal, work: Promise<void>): Promise<void> =>
  Promise.race([work, new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))]);

test('steps run in order, each after the one before has ended, and then the process exits with 0', async () => {
  const { clock, exits, lines, shutdown, pause } = setUp();
  const events: string[] = [];
  for (const name of ['sources', 'streams', 'listeners']) {
    shutdown.step(name, async () => {
      events.push(`${name} begins`);
      await pause(1000);
      events.push(`${name} ends`);
    });
  }
  const ended = shutdown.begin('test');
  await clock.pass(10_000);
  assert.equal(await ended, 0);
  assert.deepEqual(events, [
    'sources begins',
    'sources ends',
    'streams begins',
    'streams ends',
    'listeners begins',
    'listeners ends',
  ]);
  assert.deepEqual(exits, [{ code: 0, atMs: 3000 }]);
  assert.equal(clock.pending, 0, 'no timer is left');
  assert.deepEqual(
    lines.filter(({ step }) => step !== undefined).map(({ step, durationMs, hurried }) => [step, durationMs, hurried]),
    [
      ['sources', 1000, false],
      ['streams', 1000, false],
      ['listeners', 1000, false],
    ],
  );
});

test('a step at its own deadline is told to hurry, which is no failure when it then ends', async () => {
  const { clock, exits, shutdown } = setUp();
  let last = false;
  shutdown.step('streams', (signal) => until(signal, hang()), 5000);
  shutdown.step('listeners', (signal) => void (last = !signal.aborted));
  void shutdown.begin('test');
  await clock.pass(4999);
  assert.equal(last, false);
  await clock.pass(10);
  assert.equal(last, true, 'the next step has its time');
  assert.deepEqual(exits, [{ code: 0, atMs: 5000 }]);
});

test('a step that ignores its deadline is left behind, and that is not clean', async () => {
  const { clock, exits, lines, shutdown } = setUp();
  let last = false;
  shutdown.step('stuck', hang, 5000);
  shutdown.step('listeners', () => void (last = true));
  void shutdown.begin('test');
  await clock.pass(10_000);
  assert.equal(last, true);
  assert.equal(exits.length, 1);
  assert.equal(exits[0]!.code, 1);
  assert.ok(exits[0]!.atMs < 6000);
  assert.ok(lines.some(({ step, level }) => step === 'stuck' && level === 'error'));
});

test('all steps together end within the timeout, and the late ones run in a hurry instead of not at all', async () => {
  const { clock, exits, shutdown } = setUp(10_000);
  const begun: [string, boolean][] = [];
  for (const name of ['sources', 'streams', 'listeners']) {
    shutdown.step(name, (signal) => {
      begun.push([name, signal.aborted]);
      return signal.aborted ? Promise.resolve() : until(signal, hang());
    });
  }
  void shutdown.begin('test');
  await clock.pass(60_000);
  assert.deepEqual(begun, [
    ['sources', false],
    ['streams', true],
    ['listeners', true],
  ]);
  assert.equal(exits.length, 1);
  assert.ok(exits[0]!.atMs < 10_000, `${exits[0]!.atMs} ms`);
});

test('many stuck steps cannot hold the exit beyond the timeout', async () => {
  const { clock, exits, shutdown } = setUp(10_000);
  for (let i = 0; i < 20; i++) shutdown.step(`stuck ${i}`, hang);
  void shutdown.begin('test');
  await clock.pass(10_000);
  assert.deepEqual(exits[0], { code: 1, atMs: 10_000 });
});

test('a step that fails is logged, the others run, and the exit code says so', async () => {
  const { clock, exits, lines, shutdown } = setUp();
  let last = false;
  shutdown.step('rejects', () => Promise.reject(new Error('disk full')));
  shutdown.step('throws', () => {
    throw new Error('no such thing');
  });
  shutdown.step('listeners', () => void (last = true));
  void shutdown.begin('test');
  await clock.pass(10);
  assert.equal(last, true);
  assert.deepEqual(
    exits.map(({ code }) => code),
    [1],
  );
  assert.match(JSON.stringify(lines), /disk full/);
  assert.match(JSON.stringify(lines), /no such thing/);
});

test('a given exit code is kept', async () => {
  const { clock, exits, shutdown } = setUp();
  shutdown.step('rejects', () => Promise.reject(new Error('x')));
  const ended = shutdown.begin('the pool failed', 75);
  await clock.pass(10);
  assert.equal(await ended, 75);
  assert.deepEqual(
    exits.map(({ code }) => code),
    [75],
  );
});

test('the first signal begins, a second one of either kind exits at once', async () => {
  for (const [first, second] of [
    ['SIGTERM', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
  ] as const) {
    const { clock, exits, shutdown } = setUp();
    const signals = new EventEmitter();
    let begun = 0;
    shutdown.step('streams', () => {
      begun += 1;
      return hang();
    });
    shutdown.listen(signals satisfies SignalEmitter);
    signals.emit(first);
    await clock.pass(100);
    assert.equal(begun, 1);
    assert.deepEqual(exits, []);
    signals.emit(second);
    assert.deepEqual(exits, [{ code: 1, atMs: 100 }]);
    assert.equal(begun, 1);
  }
});

test('a signal while the program itself shuts down exits at once', async () => {
  const { clock, exits, shutdown } = setUp();
  const signals = new EventEmitter();
  shutdown.step('streams', hang);
  shutdown.listen(signals);
  void shutdown.begin('failure', 75);
  await clock.pass(10);
  signals.emit('SIGTERM');
  assert.deepEqual(
    exits.map(({ code }) => code),
    [1],
  );
});

test('beginning again joins what has begun; listeners can be taken off', async () => {
  const { clock, exits, shutdown } = setUp();
  const signals = new EventEmitter();
  const stop = shutdown.listen(signals);
  stop();
  assert.equal(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT'), 0);
  let runs = 0;
  shutdown.step('once', () => void (runs += 1));
  const both = [shutdown.begin('first'), shutdown.begin('second', 75)];
  await clock.pass(10);
  assert.deepEqual(await Promise.all(both), [0, 0]);
  assert.equal(runs, 1);
  assert.equal(exits.length, 1);
});
