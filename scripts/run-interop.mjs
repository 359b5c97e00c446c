// The service and its Flight code against clients in other languages: `node scripts/run-interop.mjs [--dist dist]`.
// Clients are installed on first use, into .interop/ of the compiled folder: pip, go and their registries are needed.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { dist: { type: 'string', default: 'dist' } } });
const folder = join(root, 'test', 'interop');
const suites = readdirSync(folder)
  .filter((suite) => existsSync(join(folder, suite, 'run.mjs')))
  .sort();

const counts = { passed: 0, failed: 0 };
for (const suite of suites) {
  const script = join(folder, suite, 'run.mjs');
  const child = spawn(process.execPath, [script, '--dist', values.dist], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    console.log(line);
    if (/^ok {2,3}/.test(line)) counts.passed += 1;
    else if (/^(FAIL|\?{4}) /.test(line)) counts.failed += 1;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) process.exitCode = 1;
}
// A suite that broke without a line of its own is a failure too.
if (process.exitCode === 1 && counts.failed === 0) counts.failed = 1;
console.log(`${counts.passed} passed, ${counts.failed} failed`);
