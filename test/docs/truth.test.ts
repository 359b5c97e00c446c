import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { status as grpcStatus } from '@grpc/grpc-js';
import { BACKFILL_SETTINGS } from '../../src/config/backfill-settings.js';
import { CONSUME_SETTINGS } from '../../src/config/consume-settings.js';
import { SERVE_SETTINGS } from '../../src/config/serve-settings.js';
import type { Setting } from '../../src/config/setting.js';
import { CONSUMER_METRICS } from '../../src/consumer/ops/metric-table.js';
import { METRICS } from '../../src/ops/metric-table.js';
import { ERROR_CODES } from '../../workers/errors.js';
import { anchors, type Document, DOCUMENTS, quoted } from './markdown.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const named = (path: string): Document => DOCUMENTS.find((document) => document.path === path)!;
const architecture = named('ARCHITECTURE.md');

test('every file that ARCHITECTURE.md names exists', () => {
  // `workers/rows/compact.ts`, `facts.ts`: the second is beside the first.
  let folder = '';
  let files = 0;
  for (const name of quoted(architecture)) {
    if (!/^[\w./-]+\.(ts|cjs|mjs|json|md)$|^(src|workers|test|docs|proto|bench|deploy)\/[\w/-]*$/.test(name)) continue;
    const path = name.includes('/') ? name : join(folder, name);
    assert.ok(existsSync(path), `${name} (${path})`);
    folder = dirname(path);
    files += 1;
  }
  assert.ok(files > 20);
});

test('links between documents lead somewhere, to a heading where they name one', () => {
  const dead: string[] = [];
  for (const document of DOCUMENTS) {
    for (const [, target] of document.prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const [file = '', heading] = target!.split('#');
      const path = file === '' ? document.path : normalize(join(dirname(document.path), file));
      const isThere = existsSync(path) && (heading === undefined || anchors(named(path)).has(heading));
      if (!isThere) dead.push(`${document.path}: ${target!}`);
    }
  }
  assert.deepEqual(dead, []);
});

const OURS: ReadonlySet<string> = new Set([
  ...[SERVE_SETTINGS, CONSUME_SETTINGS, BACKFILL_SETTINGS].flatMap((settings) =>
    Object.values<Setting>(settings).map(({ env }) => env),
  ),
  ...Object.keys(ERROR_CODES),
  // Of the build and of tests.
  ...['SOURCE_COMMIT', 'CHROMIUM', 'TEST_LONG'],
]);
/** Terminals, sysexits.h, gRPC and the AWS client have names of this form, too. */
const OTHERS = /^(NO_COLOR|EX_TEMPFAIL|AWS_\w+)$/;

test('settings and errors that documents name exist', () => {
  const unknown: string[] = [];
  for (const document of DOCUMENTS) {
    for (const text of quoted(document)) {
      const [, name] = /^([A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])(?:=.*)?$/.exec(text) ?? [];
      if (name === undefined || OURS.has(name) || name in grpcStatus || OTHERS.test(name)) continue;
      unknown.push(`${document.path}: ${name}`);
    }
  }
  assert.deepEqual(unknown, []);
});

test('metrics that documents name exist', () => {
  const known = new Set<string>(
    [...Object.values(METRICS), ...Object.values(CONSUMER_METRICS)].map(({ name }) => name),
  );
  const unknown = DOCUMENTS.flatMap((document) =>
    [
      ...document.text.matchAll(
        /\b(?:contract_data|postgresql_consumer)_[a-z_]+_(?:total|bytes|seconds|ratio|ledger)\b/g,
      ),
    ]
      .map(([name]) => name)
      .filter((name) => !known.has(name))
      .map((name) => `${document.path}: ${name}`),
  );
  assert.deepEqual(unknown, []);
});

test('npm scripts that documents name exist', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  for (const { path, text } of DOCUMENTS) {
    for (const [, name] of text.matchAll(/npm run ([a-z:]+)/g))
      assert.ok(name! in scripts, `${path}: npm run ${name!}`);
  }
});

test('commands and options that documents show exist', () => {
  const helps = new Map<string, string>();
  const helpOf = (command: string): string => {
    const known =
      helps.get(command) ?? spawnSync(process.execPath, [MAIN, command, '--help'], { encoding: 'utf8' }).stdout;
    helps.set(command, known);
    return known;
  };
  const unknown: string[] = [];
  let shown = 0;
  for (const document of DOCUMENTS) {
    const lines = [...document.code, ...quoted(document)].map((line) => line.replace(/ +#.*$/, ''));
    for (const line of lines) {
      const [, command, rest] = /(?:^|[\s=])contract-data-processor +([a-z][a-z-]+)\b(.*)$/.exec(line) ?? [];
      if (command === undefined) continue;
      shown += 1;
      const help = helpOf(command);
      if (!help.startsWith(`Usage: contract-data-processor ${command} `)) unknown.push(`${document.path}: ${command}`);
      for (const [option] of rest!.matchAll(/(?<=\s)--[a-z-]+/g)) {
        const isThere = new RegExp(`${option}[ ,]`).test(help);
        if (!isThere) unknown.push(`${document.path}: ${command} ${option}`);
      }
    }
  }
  assert.ok(shown > 15, `${shown}`);
  assert.deepEqual(unknown, []);
});

test('the figures in README.md are those of docs/benchmarks.md', () => {
  const benchmarks = named('docs/benchmarks.md').text;
  const section = /## How fast\n([\s\S]*?)\n## /.exec(named('README.md').text)![1]!;
  const figures = [...section.matchAll(/([\d,.]*\d) (?:rows\/s|MB\/s|x the|ms)/g)].map(([, figure]) => figure!);
  assert.ok(figures.length > 4);
  for (const figure of figures) assert.match(benchmarks, new RegExp(`(?<![\\d.,])${figure}(?![\\d,]|\\.\\d)`), figure);
});
