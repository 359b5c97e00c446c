import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectiveSettings, effectiveText } from '../../src/config/effective-settings.js';
import { duration } from '../../src/config/kinds/duration.js';
import { integer, text } from '../../src/config/kinds/scalars.js';
import { readSettings } from '../../src/config/read-settings.js';
import { loadServeConfig } from '../../src/config/serve-config.js';
import { SERVE_SETTINGS } from '../../src/config/serve-settings.js';
import type { Settings } from '../../src/config/setting.js';

const SETTINGS = {
  token: { env: 'TOKEN', yaml: 'auth.token', kind: text('token'), secret: true, sentence: 'A secret.' },
  pin: { env: 'PIN', yaml: 'auth.pin', kind: integer('digits', 1, 9), secret: true, sentence: 'Another.' },
  waitMs: { env: 'WAIT', yaml: 'wait', kind: duration('1s', '1m'), default: '5s', sentence: 'No secret.' },
} as const satisfies Settings;

test('secrets are masked wherever the configuration is printed', () => {
  const read = readSettings(SETTINGS, { flags: {}, env: { TOKEN: 'hunter2', PIN: '7', WAIT: '10000' } });
  assert.equal(read.values.token, 'hunter2');
  assert.equal(
    effectiveText(effectiveSettings(SETTINGS, read)),
    'TOKEN=*** (environment)\nPIN=*** (environment)\nWAIT=10s (environment)\n',
  );
});

test('a secret that is not given is shown as such, since that is no secret', () => {
  const read = readSettings(SETTINGS, { flags: {}, env: {} });
  assert.equal(
    effectiveText(effectiveSettings(SETTINGS, read)),
    'TOKEN= (default)\nPIN= (default)\nWAIT=5s (default)\n',
  );
});

test('a secret that is wrong is not repeated in the error', () => {
  assert.throws(
    () => readSettings(SETTINGS, { flags: {}, env: { PIN: 'hunter2' } }),
    (error: Error) => error.message.startsWith('PIN: ') && !error.message.includes('hunter2'),
  );
});

test('the configuration printed is one that reads back to the same', () => {
  const first = loadServeConfig({
    flags: {},
    env: { FILTER_ASSET_CODES: 'A, B', WORKER_COUNT: '2', ADVERTISE_HOST: '::1' },
  });
  const printed = effectiveSettings(SERVE_SETTINGS, first);
  assert.deepEqual(
    printed.find(({ key }) => key === 'FILTER_ASSET_CODES'),
    {
      key: 'FILTER_ASSET_CODES',
      value: 'A,B',
      origin: 'environment',
    },
  );
  const env = Object.fromEntries(printed.map(({ key, value }) => [key, value]));
  assert.deepEqual(loadServeConfig({ flags: {}, env }).values, first.values);
});
