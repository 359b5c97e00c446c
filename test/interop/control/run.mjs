// The control plane against clients of other make: `node test/interop/control/run.mjs [--dist dist] [--only grpcurl|python]`.
// Builds what it needs once, below .interop/ of the compiled folder: a Python venv with grpcio and pyarrow, and grpcurl.
// Prints a line per check; exits 1 when one fails, 2 when a client could not be had.
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

const GRPCURL = 'github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3';
const PYTHON_PACKAGES = ['grpcio', 'grpcio-tools', 'pyarrow'];

const server = spawn(process.execPath, [join(root, values.dist, 'test', 'interop', 'control', 'serve.js')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await new Promise((resolve) => {
  createInterface({ input: server.stdout }).once('line', (...args) => resolve(args));
});
const served = JSON.parse(line);

let failures = 0;
function report(client, check, passed, output = '') {
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${client}: ${check}`);
  if (!passed) {
    failures += 1;
    console.log(output);
  }
}

function grpcurl() {
  const client = join(tools, 'grpcurl');
  if (!existsSync(client)) {
    execFileSync('go', ['install', GRPCURL], { env: { ...process.env, GOBIN: tools }, stdio: 'inherit' });
  }
  const address = `127.0.0.1:${served.control}`;
  const run = (...args) => spawnSync(client, ['-plaintext', ...args], { timeout: 60_000, encoding: 'utf8' });
  const check = (name, { status, stdout, stderr }, expected) =>
    report('grpcurl', name, status === 0 && expected(stdout), stdout + stderr);

  const services = ['contractdata.v1.ControlService', 'stellar.v1.ContractDataService', 'grpc.health.v1.Health'];
  check('lists the services by reflection', run(address, 'list'), (out) =>
    services.every((name) => out.includes(name)),
  );
  for (const service of services) {
    check(`describes ${service}`, run(address, 'describe', service), (out) => out.includes('is a service'));
  }
  const started = run(
    '-d',
    JSON.stringify({ start_ledger: 10, end_ledger: 12 }),
    address,
    `${services[0]}/StartProcessing`,
  );
  check('starts a session', started, (out) => JSON.parse(out).success === true);
  const id = started.status === 0 ? JSON.parse(started.stdout).session_id : '';
  check(
    'asks for its status',
    run('-d', JSON.stringify({ session_id: id }), address, `${services[0]}/GetStatus`),
    (out) => ['STARTING', 'RUNNING', 'STOPPED'].includes(JSON.parse(out).status),
  );
  check('lists sessions', run(address, `${services[0]}/ListSessions`), (out) =>
    JSON.parse(out).sessions.some((session) => session.session_id === id && session.start_ledger === 10),
  );
  check('asks what the service is', run(address, `${services[1]}/GetServiceInfo`), (out) =>
    JSON.parse(out).network.includes('Test SDF Network'),
  );
  check(
    'asks for the health of a service',
    run('-d', JSON.stringify({ service: services[0] }), address, `${services[2]}/Check`),
    (out) => JSON.parse(out).status === 'SERVING',
  );
}

function python() {
  const venv = join(tools, 'control-venv');
  const interpreter = join(venv, 'bin', 'python');
  if (!existsSync(interpreter)) execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
  if (spawnSync(interpreter, ['-c', 'import grpc_tools.protoc, pyarrow.flight']).status !== 0) {
    execFileSync(interpreter, ['-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES], { stdio: 'inherit' });
  }
  const generated = join(tools, 'predecessor');
  mkdirSync(generated, { recursive: true });
  const protoc = [
    '-m',
    'grpc_tools.protoc',
    `-I${here}`,
    `--python_out=${generated}`,
    `--grpc_python_out=${generated}`,
  ];
  execFileSync(interpreter, [...protoc, 'predecessor.proto'], { stdio: 'inherit' });
  const { stdout, status } = spawnSync(interpreter, [join(here, 'drive_with_grpcio.py'), generated], {
    input: line,
    encoding: 'utf8',
    timeout: 120_000,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for (const result of stdout.split('\n').filter(Boolean)) {
    const { check, error } = JSON.parse(result);
    report('grpcio', check, error === null, error);
  }
  if (status !== 0) report('grpcio', 'ran to its end', false);
}

try {
  for (const [name, run] of Object.entries({ grpcurl, python })) {
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
