import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configurationPage } from '../../src/config/configuration-page.js';
import { CONSUME_SETTINGS } from '../../src/config/consume-settings.js';
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

test('docs/configuration.md lists every variable of a command once, and no other', () => {
  const [serve = '', consume = ''] = committed('docs/configuration.md').split('## Settings of consume');
  const listed = (part: string): string[] =>
    [...part.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]!).sort();
  const names = (settings: readonly { readonly env: string }[]): string[] => settings.map(({ env }) => env).sort();
  assert.deepEqual(listed(serve), names(Object.values(SERVE_SETTINGS)));
  const shared = [...(/takes the following as .*/.exec(consume)?.[0] ?? '').matchAll(/`([A-Z_]+)`/g)];
  const all = [...listed(consume), ...shared.map((match) => match[1]!)];
  assert.deepEqual(all.sort(), names(Object.values(CONSUME_SETTINGS)));
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
