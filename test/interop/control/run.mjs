// The control plane against clients of other make: `node test/interop/control/run.mjs [--dist dist] [--only grpcurl|python]`:
// grpcurl, and grpcio with code that its own tools generate. Prints a line per check; exits 1 when one fails, 2 when a client
// could not be had.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { grpcurl, python, report, reportLines, runSuites, startScript, tools } from '../tools.mjs';

const here = import.meta.dirname;
const served = await startScript('test', 'interop', 'control', 'serve.js');

await runSuites({ grpcurl: callWithGrpcurl, python: callWithPython });

function callWithGrpcurl() {
  const client = grpcurl();
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

function callWithPython() {
  const interpreter = python(['grpc_tools.protoc', 'pyarrow.flight'], ['grpcio', 'grpcio-tools', 'pyarrow']);
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
  const words = [join(here, 'drive_with_grpcio.py'), generated];
  const input = JSON.stringify(served);
  const stdio = ['pipe', 'pipe', 'inherit'];
  reportLines('grpcio', spawnSync(interpreter, words, { input, encoding: 'utf8', timeout: 120_000, stdio }));
}
