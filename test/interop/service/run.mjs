// The real service before clients in other languages: `node test/interop/service/run.mjs [--dist dist]`.
// Starts `simulate` and `serve`; pyarrow, pandas, ADBC and grpcurl read. Prints a line per check; exits 1 when one fails.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..', '..');
const { values } = parseArgs({ options: { dist: { type: 'string', default: 'dist' } } });
const dist = join(root, values.dist);
const tools = join(dist, '.interop');
mkdirSync(tools, { recursive: true });

const PYTHON_PACKAGES = ['pyarrow', 'pandas', 'adbc-driver-flightsql', 'adbc-driver-manager'];
const GRPCURL = 'github.com/fullstorydev/grpcurl/cmd/grpcurl@latest';
/** Ledgers that are compared row by row. */
const COMPARED = { first: 200, last: 420 };

const started = [];
function report(client, check, passed, output = '') {
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${client}: ${check}`);
  if (passed) return;
  process.exitCode = 1;
  console.log(output);
}

/** Starts a command of the program; resolves with what `find` makes of the first line that it knows. */
function start(words, stream, find) {
  const child = spawn(process.execPath, [join(dist, 'src', 'main.js'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  for (const output of [child.stdout, child.stderr]) output.resume();
  return new Promise((resolve, reject) => {
    createInterface({ input: child[stream] }).on('line', (line) => {
      const found = find(line);
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`${words[0]} ended with ${code}`)));
  });
}

async function startService() {
  const generated = ['--port', '0', '--seed', '11', '--txs-per-ledger', '6'];
  const source = await start(['simulate', ...generated], 'stdout', (line) => /:(\d+)$/.exec(line)?.[1]);
  const ports = ['--flight-address', '127.0.0.1:0', '--grpc-address', '127.0.0.1:0', '--health-port', '0'];
  return await start(['serve', ...ports, '--source-endpoint', `127.0.0.1:${source}`], 'stderr', (line) => {
    const entry = JSON.parse(line);
    return entry.msg === 'serving' ? entry : undefined;
  });
}

function python(ports, expectedFile) {
  const interpreter = join(tools, 'venv', 'bin', 'python');
  if (!existsSync(interpreter)) execFileSync('python3', ['-m', 'venv', join(tools, 'venv')], { stdio: 'inherit' });
  if (spawnSync(interpreter, ['-c', 'import pyarrow.flight, pandas, adbc_driver_flightsql.dbapi']).status !== 0) {
    execFileSync(interpreter, ['-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES], { stdio: 'inherit' });
  }
  const { stdout, status } = spawnSync(
    interpreter,
    [join(here, 'read_ranges.py'), String(ports.flight), expectedFile, String(COMPARED.first), String(COMPARED.last)],
    { encoding: 'utf8', timeout: 180_000, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for (const line of stdout.split('\n').filter(Boolean)) {
    const { client, check, error } = JSON.parse(line);
    report(client, check, error === null, error);
  }
  if (status !== 0) report('pyarrow', 'ran to its end', false);
}

function grpcurl(ports) {
  const client = join(tools, 'grpcurl');
  if (!existsSync(client)) {
    execFileSync('go', ['install', GRPCURL], { env: { ...process.env, GOBIN: tools }, stdio: 'inherit' });
  }
  const run = (port, ...words) => {
    const { stdout, stderr } = spawnSync(
      client,
      ['-plaintext', ...words.slice(0, -1), `127.0.0.1:${port}`, ...words.slice(-1)[0].split(' ')],
      {
        encoding: 'utf8',
        timeout: 30_000,
      },
    );
    return stdout + stderr;
  };
  const finds = (check, output, ...parts) =>
    report(
      'grpcurl',
      check,
      parts.every((part) => output.includes(part)),
      output,
    );
  const flight = 'arrow.flight.protocol.FlightService';
  const health = 'grpc.health.v1.Health';
  finds('lists the services of the Flight port', run(ports.flight, 'list'), flight, health);
  finds(
    'describes Flight',
    run(ports.flight, `describe ${flight}`),
    'rpc DoGet',
    'stream .arrow.flight.protocol.FlightData',
  );
  finds(
    'describes a message of Flight',
    run(ports.flight, 'describe arrow.flight.protocol.FlightData'),
    'data_body',
    '1000',
  );
  finds(
    'calls Flight by reflection',
    run(ports.flight, `${flight}/ListActions`),
    'CancelFlightInfo',
    'RenewFlightEndpoint',
  );
  for (const [name, port] of [
    ['Flight', ports.flight],
    ['control', ports.grpc],
  ]) {
    finds(`lists health on the ${name} port`, run(port, 'list'), health);
    finds(`describes health on the ${name} port`, run(port, `describe ${health}`), 'rpc Check', 'rpc Watch');
    finds(`is told that the ${name} port serves`, run(port, `${health}/Check`), '"SERVING"');
  }
}

try {
  const ports = await startService();
  const { expectedRows } = await import(join(dist, 'test', 'service', 'simulated-source.js'));
  const expectedFile = join(tools, 'expected-rows.json');
  writeFileSync(expectedFile, JSON.stringify(expectedRows(COMPARED.first, COMPARED.last)));
  for (const [name, run] of Object.entries({ python, grpcurl })) {
    try {
      run(ports, expectedFile);
    } catch (error) {
      console.log(`???? ${name}: not to be had: ${error.message}`);
      process.exitCode = 1;
    }
  }
} finally {
  for (const child of started) child.kill();
}
