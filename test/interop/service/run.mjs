// The real service before clients in other languages: `node test/interop/service/run.mjs [--dist dist] [--only grpcurl|python]`.
// Starts `simulate` and `serve`; pyarrow, pandas, ADBC and grpcurl read. Prints a line per check; exits 1 when one fails.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist, grpcurl, python, report, reportLines, runSuites, startService, tools } from '../tools.mjs';

const here = import.meta.dirname;
const PYTHON_PACKAGES = ['pyarrow', 'pandas', 'adbc-driver-flightsql', 'adbc-driver-manager'];
/** Ledgers that are compared row by row. */
const COMPARED = { first: 200, last: 420 };

const ports = await startService();
const { expectedRows } = await import(join(dist, 'test', 'service', 'simulated-source.js'));
const expectedFile = join(tools, 'expected-rows.json');
writeFileSync(expectedFile, JSON.stringify(expectedRows(COMPARED.first, COMPARED.last)));

await runSuites({ python: readWithPython, grpcurl: callWithGrpcurl });

function readWithPython() {
  const interpreter = python(['pyarrow.flight', 'pandas', 'adbc_driver_flightsql.dbapi'], PYTHON_PACKAGES);
  const words = ['read_ranges.py', String(ports.flight), expectedFile, String(COMPARED.first), String(COMPARED.last)];
  const stdio = ['ignore', 'pipe', 'inherit'];
  reportLines('pyarrow', spawnSync(interpreter, words, { cwd: here, encoding: 'utf8', timeout: 180_000, stdio }));
}

function callWithGrpcurl() {
  const client = grpcurl();
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
