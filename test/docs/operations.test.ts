import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SERVE_SETTINGS } from '../../src/config/serve-settings.js';
import { METRICS } from '../../src/ops/metric-table.js';
import { ERROR_CODES } from '../../workers/errors.js';

const page = readFileSync('docs/operations.md', 'utf8');
/** What stands in backquotes, without labels and values. */
const quoted = new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!.replace(/[{=].*$/, '')));

test('docs/operations.md says of every error what to do', () => {
  assert.deepEqual(
    Object.keys(ERROR_CODES).filter((code) => !quoted.has(code)),
    [],
  );
});

test('docs/operations.md names no error, setting or metric that does not exist', () => {
  const errors = new Set(Object.keys(ERROR_CODES));
  const keys = new Set<string>(Object.values(SERVE_SETTINGS).map(({ env }) => env));
  const capitals = [...quoted].filter((name) => /^[A-Z]+_[A-Z_]+$/.test(name));
  assert.deepEqual(
    capitals.filter((name) => !errors.has(name) && !keys.has(name)),
    [],
  );
  const metrics = new Set<string>(Object.values(METRICS).map(({ name }) => name.replace('contract_data_', '')));
  const measured = [...quoted].filter((name) => /_(total|bytes|seconds|ratio|streams|connections)$/.test(name));
  assert.ok(measured.length > 10);
  assert.deepEqual(
    measured.filter((name) => !metrics.has(name)),
    [],
  );
});
