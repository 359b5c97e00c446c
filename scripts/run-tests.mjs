// Runs the compiled tests: `node scripts/run-tests.mjs [--long] [filter …]`.
// No argument of `node --test` finds the same files on Node 20, 22 and 24, so the list is made here.
// A filter keeps the files whose path contains it. `--long` sets TEST_LONG=1: full counts instead of seeded samples.
// `--verbose` prints every test, else a dot each and what failed.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { dot, spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../dist/test', import.meta.url));
const words = process.argv.slice(2);
if (words.includes('--long')) process.env.TEST_LONG = '1';
const filters = words.filter((word) => !word.startsWith('--'));

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  .sort();
if (files.length === 0) {
  console.error(`no test file under ${root} matches ${filters.join(' ')}`);
  process.exit(1);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
// One more than there are processors: files wait for timers and other processes a sixth of their time.
const stream = run({ files, concurrency: availableParallelism() + 1 });
stream.on('test:pass', (event) => {
  if (event.details.type === 'suite') return;
  if (event.skip === undefined) counts.passed += 1;
  else counts.skipped += 1;
});
stream.on('test:fail', (event) => {
  if (event.details.type !== 'suite') counts.failed += 1;
  process.exitCode = 1;
});
const report = stream.compose(words.includes('--verbose') ? new spec() : dot);
report.pipe(process.stdout);
report.on('end', () => {
  console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
});
