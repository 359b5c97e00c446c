// Flight against the clients of other languages: `node test/interop/flight/run.mjs [--dist dist] [--only go|pyarrow]`:
// Arrow's own Go integration client, and pyarrow. Prints a line per check; exits 1 when one fails, 2 when a client could not
// be had.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { dist, goProgram, python, report, reportLines, runSuites, startScript } from '../tools.mjs';

const GO_CLIENT =
  'github.com/apache/arrow-go/v18/arrow/internal/flight_integration/cmd/arrow-flight-integration-client@v18.8.0';

const served = await startScript('test', 'interop', 'flight', 'serve.js');
const { SCENARIOS } = await import(join(dist, 'test', 'flight', 'scenario-producer.js'));

await runSuites({ go, pyarrow });

function go() {
  const client = goProgram('arrow-flight-integration-client', GO_CLIENT);
  const run = (scenario, port) => {
    const args = ['-host', '127.0.0.1', '-port', String(port), '-scenario', scenario];
    const { status, stderr } = spawnSync(client, args, { timeout: 60_000, encoding: 'utf8' });
    report('go', scenario, status === 0, stderr);
  };
  for (const scenario of SCENARIOS) run(scenario, served.scenarios);
  run('auth:basic_proto', served.auth);
}

function pyarrow() {
  const input = JSON.stringify(served);
  const words = [join(import.meta.dirname, 'read_with_pyarrow.py')];
  const stdio = ['pipe', 'pipe', 'inherit'];
  const interpreter = python(['pyarrow.flight'], ['pyarrow']);
  reportLines('pyarrow', spawnSync(interpreter, words, { input, encoding: 'utf8', timeout: 120_000, stdio }));
}
