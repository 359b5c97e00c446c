import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { loadBackfillConfig } from '../../src/config/backfill-config.js';
import { BACKFILL_SETTINGS } from '../../src/config/backfill-settings.js';
import { configurationPage } from '../../src/config/configuration-page.js';
import { CONSUME_SETTINGS } from '../../src/config/consume-settings.js';
import { exampleFile } from '../../src/config/example-file.js';
import { SERVE_SETTINGS } from '../../src/config/serve-settings.js';
import type { Setting } from '../../src/config/setting.js';

const root = new URL('../../../', import.meta.url);
const names = (settings: readonly Setting[]): string[] => settings.map(({ env }) => env).sort();
const committed = (path: string): string => readFileSync(new URL(path, root), 'utf8');

test('docs/configuration.md is what the code says', () => {
  assert.equal(committed('docs/configuration.md'), configurationPage());
});

test('config.example.yaml is what the code says', () => {
  assert.equal(committed('config.example.yaml'), exampleFile());
});

test('docs/configuration.md lists every variable of a command once, and no other', () => {
  const [, ...parts] = configurationPage().split(/^## Settings of /m);
  const commands = { serve: SERVE_SETTINGS, consume: CONSUME_SETTINGS, backfill: BACKFILL_SETTINGS };
  assert.equal(parts.length, Object.keys(commands).length);
  for (const [i, [name, settings]] of Object.entries(commands).entries()) {
    const part = parts[i]!;
    assert.ok(part.startsWith(`${name}\n`));
    const own = [...part.matchAll(/^\| `([A-Z_]+)` \|/gm)];
    const shared = [...(/^Beside these, .*/m.exec(part)?.[0] ?? '').matchAll(/`([A-Z_]+)`/g)];
    const listed = [...own, ...shared].map((match) => match[1]!);
    assert.deepEqual(listed.sort(), names(Object.values(settings)), name);
  }
});

test('the page and the example file have what only backfill takes, in sections of its own', () => {
  const page = configurationPage();
  const settings = page.slice(page.indexOf('## Settings of backfill'));
  const keys = exampleFile().split(/^backfill:$/m)[1]!;
  for (const name of ['RANGES_AT_ONCE', 'RANGE_LEASE', 'RANGE_RETRIES', 'RANGE_RETRY_DELAY', 'MACHINE_NAME']) {
    const key = name.toLowerCase();
    assert.match(settings, new RegExp(`^\\| \`${name}\` \\| .* \\| \`backfill.${key}\` \\| `, 'm'));
    assert.match(keys, new RegExp(`^  (# )?${key}:`, 'm'));
  }
});

test('the example file has every key of every command once, and backfill takes it', (t) => {
  const keysOf = (value: unknown, path: string): string[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => keysOf(inner, path === '' ? key : `${path}.${key}`))
      : [path];
  const declared = [SERVE_SETTINGS, CONSUME_SETTINGS, BACKFILL_SETTINGS].flatMap((of) => Object.values<Setting>(of));
  // Keys without a fixed default are comments; the parser refuses a key that is there twice.
  const uncommented = exampleFile().replaceAll(/^( *)# ([a-z_0-9]+:)/gm, '$1$2');
  assert.deepEqual(keysOf(parse(uncommented), '').sort(), [...new Set(declared.map(({ yaml }) => yaml))].sort());
  const folder = mkdtempSync(join(tmpdir(), 'example-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, exampleFile());
  const { values } = loadBackfillConfig({ flags: {}, env: {}, file });
  assert.deepEqual([values.leaseMs, values.rangeRetries, values.rangeRetryDelayMs], [60_000, 5, 2000]);
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
