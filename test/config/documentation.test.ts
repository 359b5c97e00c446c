import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configurationPage } from '../../src/config/configuration-page.js';
import { exampleFile } from '../../src/config/example-file.js';
import { SERVE_SETTINGS } from '../../src/config/serve-settings.js';

const root = new URL('../../../', import.meta.url);
const committed = (path: string): string => readFileSync(new URL(path, root), 'utf8');

test('docs/configuration.md is what the code says', () => {
  assert.equal(committed('docs/configuration.md'), configurationPage());
});

test('config.example.yaml is what the code says', () => {
  assert.equal(committed('config.example.yaml'), exampleFile());
});

test('docs/configuration.md lists every variable once, and no other', () => {
  const listed = [...committed('docs/configuration.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]!);
  assert.deepEqual(
    listed.sort(),
    Object.values(SERVE_SETTINGS)
      .map(({ env }) => env)
      .sort(),
  );
});

test('no two settings share a name, and names in the file follow those in the environment', () => {
  const settings = Object.values(SERVE_SETTINGS);
  assert.equal(new Set(settings.map(({ env }) => env)).size, settings.length);
  assert.equal(new Set(settings.map(({ yaml }) => yaml)).size, settings.length);
  for (const { env, yaml } of settings) {
    const key = yaml
      .split('.')
      .slice(1)
      .join('_')
      .replace(/_enabled$/, '');
    assert.ok(env.toLowerCase().endsWith(key), `${env} and ${yaml}`);
  }
});
