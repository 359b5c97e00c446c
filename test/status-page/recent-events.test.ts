import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Health } from '../../src/ops/health.js';
import { createLogger, type Logger } from '../../src/ops/logger.js';
import { RecentEvents } from '../../src/status-page/recent-events.js';

function watched(level: 'debug' | 'error' = 'debug'): { events: RecentEvents; logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const events = new RecentEvents();
  const logger = events.watch(createLogger({ level, output: { write: (line) => lines.push(line) } }));
  return { events, logger, lines };
}

test('warnings and errors are noted with where they happened, the newest first', () => {
  const { events, logger } = watched();
  logger.info('nothing');
  logger.warn({ session: 'abc', resume_from: 7 }, 'slow reader detached');
  logger.error({ code: 'LEDGER_INVALID', ledger: 42 }, 'cannot be read');
  assert.deepEqual(
    events.events.map(({ level, message, place, times }) => ({ level, message, place, times })),
    [
      { level: 'error', message: 'cannot be read', place: { code: 'LEDGER_INVALID', ledger: 42 }, times: 1 },
      { level: 'warn', message: 'slow reader detached', place: { session: 'abc', resume_from: 7 }, times: 1 },
    ],
  );
  assert.ok(Math.abs(Date.now() - Date.parse(events.events[0]!.at)) < 60_000);
});

test('every line still reaches the log, at its level and with its fields', () => {
  const { logger, lines } = watched();
  for (const level of ['debug', 'info', 'warn', 'error', 'fatal'] as const) logger[level]({ ledger: 1 }, `at ${level}`);
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    logged.map(({ level, msg, ledger }) => [level, msg, ledger]),
    ['debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, `at ${level}`, 1]),
  );
});

test('a quiet log hides nothing from the page', () => {
  const { events, logger, lines } = watched('error');
  logger.warn('careful');
  assert.equal(lines.length, 0);
  assert.equal(events.events[0]?.message, 'careful');
});

test('fields that are not known to be harmless are not shown', () => {
  const { events, logger } = watched();
  logger.error({ token: 'secret-1', err: new Error('secret-2'), code: { deep: 'secret-3' } }, 'failed');
  assert.ok(!JSON.stringify(events.events).includes('secret'));
});

test('a flood of messages stays bounded, and the same one again is counted', () => {
  const { events, logger } = watched('error');
  for (let i = 0; i < 5; i += 1) logger.warn({ code: 'X' }, 'again');
  assert.deepEqual(
    events.events.map(({ message, times }) => [message, times]),
    [['again', 5]],
  );
  for (let i = 0; i < 10_000; i += 1) logger.warn({ code: 'y'.repeat(10_000) }, `${i} ${'x'.repeat(10_000)}`);
  assert.ok(JSON.stringify(events.events).length < 100_000);
  assert.match(events.events.map(({ message }) => message).join('\n'), /^9999 x+\n9998 x+\n/);
});

test('a component that fails is an event, and so is its return; its start is none', () => {
  const events = new RecentEvents();
  const health = new Health();
  events.watchHealth(health);
  const source = health.component('source');
  const listeners = health.component('listeners');
  source.ready();
  listeners.ready();
  assert.equal(JSON.stringify(events.events), '[]');
  source.degraded('cannot be reached');
  source.degraded('cannot be reached; trying again');
  listeners.unavailable('shutting down');
  source.ready();
  assert.deepEqual(
    events.events.map(({ level, message }) => `${level} ${message}`),
    [
      'info source is ready again',
      'error listeners is unavailable: shutting down',
      'warn source is degraded: cannot be reached',
    ],
  );
});
