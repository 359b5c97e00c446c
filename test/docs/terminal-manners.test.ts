import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from '../../workers/errors.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const runs = new Map<string, Run>();

/** What the program says, not on a terminal; run once for the same words. */
function run(...words: string[]): Run {
  const key = words.join(' ');
  const known = runs.get(key) ?? spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8', env: {} });
  runs.set(key, known);
  return known;
}

test('--version is that of the package, with the commit where the build knew it', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const { status, stdout } = run('--version');
  assert.equal(status, 0);
  const [, said, , commit] = /^(\S+)( \(([0-9a-f]{7,40}(?:-dirty)?)\))?\n$/.exec(stdout) ?? assert.fail(stdout);
  assert.equal(said, version);
  assert.ok(commit === undefined || /^[0-9a-f]/.test(commit));
});

test('help names the exit codes that errors have', () => {
  const { status, stdout } = run('--help');
  assert.equal(status, 0);
  const [, text] = /^Exit codes: (.*)$/m.exec(stdout) ?? assert.fail(stdout);
  for (const { exitCode } of Object.values(ERROR_CODES)) assert.match(text!, new RegExp(`\\b${exitCode}\\b`));
});

test('a mistake is one line on standard error and exit code 1, and standard output stays clean', () => {
  for (const words of [
    ['decode', 'no-such-file.xdr'],
    ['serve', '--batch-size', 'many'],
    ['serve', '--colour', 'red'],
  ]) {
    const { status, stdout, stderr } = run(...words);
    assert.equal(status, 1, words.join(' '));
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /\n\s+at /, 'a stack is for defects');
  }
});

test('the configuration can be printed for scripts, secrets masked', () => {
  const { status, stdout } = run(
    'serve',
    '--print-config',
    '--json',
    '--source-token',
    'a-secret-token',
    '--batch-size',
    '7',
  );
  assert.equal(status, 0);
  assert.ok(!stdout.includes('a-secret-token'));
  const settings = JSON.parse(stdout) as { key: string; value: string; origin: string }[];
  assert.deepEqual(
    settings.filter(({ origin }) => origin === 'flag'),
    [
      { key: 'BATCH_SIZE', value: '7', origin: 'flag' },
      { key: 'SOURCE_TOKEN', value: '***', origin: 'flag' },
    ],
  );
});

test('nothing that goes to a file has terminal codes in it', () => {
  for (const words of [['--version'], ['--help'], ['serve', '--print-config'], ['decode', 'no-such-file.xdr']]) {
    const { stdout, stderr } = run(...words);
    assert.ok(!`${stdout}${stderr}`.includes('\u001b'), words.join(' '));
  }
});
