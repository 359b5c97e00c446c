import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasEnded, nextState, type SessionState } from '../../src/session/session-state.js';
import { ProcessorError } from '../../workers/errors.js';

const endedAt = new Date();
const states: readonly SessionState[] = [
  { kind: 'starting' },
  { kind: 'running' },
  { kind: 'stopping', reason: 'requested' },
  { kind: 'stopped', reason: 'completed', endedAt },
  { kind: 'error', failure: new ProcessorError('INTERNAL', 'x'), endedAt },
];

test('a session goes forward only, and stays where it ended', () => {
  const possible = states.flatMap((from) =>
    states.flatMap((to) => {
      try {
        return nextState(from, to) === to ? [`${from.kind} ${to.kind}`] : [];
      } catch {
        return [];
      }
    }),
  );
  assert.deepEqual(possible, [
    'starting running',
    'starting stopping',
    'starting stopped',
    'starting error',
    'running stopping',
    'running stopped',
    'running error',
    'stopping stopped',
    'stopping error',
  ]);
  assert.deepEqual(
    states.filter(hasEnded).map(({ kind }) => kind),
    ['stopped', 'error'],
  );
});
