import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** Runs a command whose output nobody reads any more when it comes. */
async function run(words: readonly string[], closed: 'stdout' | 'stderr'): Promise<{ code: unknown; told: string }> {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  child[closed].destroy();
  let told = '';
  child[closed === 'stdout' ? 'stderr' : 'stdout'].on('data', (chunk: Buffer) => (told += chunk.toString()));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, told };
}

for (const words of [['--help'], ['--version'], ['serve', '--help'], ['serve', '--print-config']]) {
  test(`${words.join(' ')} ends cleanly when nobody reads its output`, async () => {
    assert.deepEqual(await run(words, 'stdout'), { code: 0, told: '' });
  });
}

test('a command that fails has its exit code, though nobody reads why', async () => {
  assert.deepEqual(await run(['no-such-command'], 'stderr'), { code: 1, told: '' });
});
