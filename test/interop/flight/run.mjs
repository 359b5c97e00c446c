// Flight against the clients of other languages: `node test/interop/flight/run.mjs [--dist dist] [--only go|pyarrow]`.
// Builds what it needs once, below .interop/ of the compiled folder: a Python venv with pyarrow, and Arrow's own Go
// integration client. Prints a line per check; exits 1 when one fails, 2 when a client could not be had.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..', '..');
const { values } = parseArgs({ options: { dist: { type: 'string', default: 'dist' }, only: { type: 'string' } } });
const tools = join(root, values.dist, '.interop');
mkdirSync(tools, { recursive: true });

const GO_CLIENT =
  'github.com/apache/arrow-go/v18/arrow/internal/flight_integration/cmd/arrow-flight-integration-client';
const GO_VERSION = 'v18.8.0';
const PYARROW = 'pyarrow';

const server = spawn(process.execPath, [join(root, values.dist, 'test', 'interop', 'flight', 'serve.js')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await new Promise((resolve) => {
  createInterface({ input: server.stdout }).once('line', (...args) => resolve(args));
});
const served = JSON.parse(line);
const { SCENARIOS } = await import(join(root, values.dist, 'test', 'flight', 'scenario-producer.js'));

let failures = 0;
function report(client, check, passed, output = '') {
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${client}: ${check}`);
  if (!passed) {
    failures += 1;
    console.log(output);
  }
}

function go() {
  const client = join(tools, 'arrow-flight-integration-client');
  if (!existsSync(client)) {
    execFileSync('go', ['install', `${GO_CLIENT}@${GO_VERSION}`], {
      env: { ...process.env, GOBIN: tools },
      stdio: 'inherit',
    });
  }
  const run = (scenario, port) => {
    const args = ['-host', '127.0.0.1', '-port', String(port), '-scenario', scenario];
    const { status, stderr } = spawnSync(client, args, { timeout: 60_000, encoding: 'utf8' });
    report('go', scenario, status === 0, stderr);
  };
  for (const scenario of SCENARIOS) run(scenario, served.scenarios);
  run('auth:basic_proto', served.auth);
}

function pyarrow() {
  const python = join(tools, 'venv', 'bin', 'python');
  if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', join(tools, 'venv')], { stdio: 'inherit' });
  if (spawnSync(python, ['-c', 'import pyarrow.flight']).status !== 0) {
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', PYARROW], { stdio: 'inherit' });
  }
  const { stdout, status } = spawnSync(python, [join(here, 'read_with_pyarrow.py')], {
    input: line,
    encoding: 'utf8',
    timeout: 120_000,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for (const result of stdout.split('\n').filter(Boolean)) {
    const { check, error } = JSON.parse(result);
    report('pyarrow', check, error === null, error);
  }
  if (status !== 0) report('pyarrow', 'ran to its end', false);
}

try {
  for (const [name, run] of Object.entries({ go, pyarrow })) {
    if (values.only !== undefined && values.only !== name) continue;
    try {
      run();
    } catch (error) {
      console.log(`???? ${name}: not to be had: ${error.message}`);
      process.exitCode = 2;
    }
  }
} finally {
  server.kill();
}
if (failures > 0) process.exitCode = 1;
