import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Health } from '../../src/ops/health.js';

test('a service without components, or with one that is starting, is not ready but live', () => {
  const health = new Health();
  assert.deepEqual([health.report().status, health.report().ready, health.report().live], ['unhealthy', false, true]);
  health.component('source');
  assert.deepEqual(health.report(), {
    status: 'unhealthy',
    ready: false,
    live: true,
    reasons: ['source: starting'],
    components: { source: { state: 'starting', reason: 'starting' } },
  });
});

test('the service is what its worst component is', () => {
  const health = new Health();
  const flight = health.component('flight');
  const source = health.component('source');
  const state = (): unknown[] => [health.report().status, health.report().ready, health.report().live];

  flight.ready();
  assert.deepEqual(state(), ['unhealthy', false, true]);
  source.ready();
  assert.deepEqual(state(), ['healthy', true, true]);
  assert.deepEqual(health.report().reasons, []);
  source.degraded('reconnecting, attempt 3');
  assert.deepEqual(state(), ['degraded', true, true]);
  assert.deepEqual(health.report().reasons, ['source: reconnecting, attempt 3']);
  source.unavailable('no connection for 2 minutes');
  assert.deepEqual(state(), ['unhealthy', false, true]);
  flight.dead('the port was lost');
  assert.deepEqual(state(), ['unhealthy', false, false]);
  source.ready();
  assert.deepEqual(state(), ['unhealthy', false, false]);
  flight.ready();
  assert.deepEqual(state(), ['healthy', true, true]);
});

test('watchers hear the state at once and after every report, until they stop', () => {
  const health = new Health();
  const source = health.component('source');
  const heard: string[] = [];
  const stop = health.watch(({ status }) => heard.push(status));
  source.ready();
  source.degraded('slow');
  stop();
  source.ready();
  assert.deepEqual(heard, ['unhealthy', 'healthy', 'degraded']);
});

test('two components cannot share a name', () => {
  const health = new Health();
  health.component('source');
  assert.throws(() => health.component('source'), /source exists already/);
});
