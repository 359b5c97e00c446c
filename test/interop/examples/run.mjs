// The examples as a user runs them: `node test/interop/examples/run.mjs [--dist dist] [--only python|go|rust]`. Each must count the
// rows and contracts that stellar-base finds in the same ledgers. Rust's takes minutes to build: with INTEROP_RUST=1 only.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { dist, python, report, root, runSuites, startService, tools } from '../tools.mjs';

const FIRST = 50;
const LAST = 250;

const { flight } = await startService();
const { expectedRows } = await import(join(dist, 'test', 'service', 'simulated-source.js'));
const rows = expectedRows(FIRST, LAST);
const contracts = new Set(rows.map((row) => row.contract_id));
const lastLine = `${rows.length} rows of ${contracts.size} contracts, complete through ledger ${LAST}\n`;
const range = [`127.0.0.1:${flight}`, String(FIRST), String(LAST)];

await runSuites({ python: runPython, go: runGo, ...(process.env.INTEROP_RUST === '1' && { rust: runRust }) });

function runPython() {
  const interpreter = python(['pyarrow.flight'], ['pyarrow']);
  const run = (file, ...words) =>
    spawnSync(interpreter, [join(root, 'examples', 'python', file), ...words], { encoding: 'utf8', timeout: 60_000 });
  const read = run('read_range.py', ...range);
  report('pyarrow', 'examples/python/read_range.py', read.status === 0 && read.stdout.endsWith(lastLine), read.stderr);

  const followed = run('follow.py', range[0], String(FIRST), '1000');
  const [, count, ledger] = /(\d+) rows, complete through ledger (\d+)\n$/.exec(followed.stdout) ?? [];
  const expected = expectedRows(FIRST, Number(ledger)).length;
  const isRight = followed.status === 0 && Number(count) >= 1000 && Number(count) === expected;
  report('pyarrow', 'examples/python/follow.py', isRight, `${count}, ${expected} expected\n${followed.stderr}`);
}

function runGo() {
  const program = join(tools, 'read-range');
  const cwd = join(root, 'examples', 'go');
  const built = spawnSync('go', ['build', '-mod=readonly', '-o', program, '.'], {
    cwd,
    encoding: 'utf8',
    env: process.env,
  });
  if (built.status !== 0) throw new Error(built.stderr);
  const read = spawnSync(program, range, { encoding: 'utf8', timeout: 60_000 });
  report('go', 'examples/go', read.status === 0 && read.stdout.endsWith(lastLine), read.stdout + read.stderr);
}

function runRust() {
  const target = join(tools, 'rust');
  const cwd = join(root, 'examples', 'rust');
  const words = ['build', '--locked', '--quiet', '--target-dir', target];
  const built = spawnSync('cargo', words, { cwd, encoding: 'utf8', env: process.env });
  if (built.status !== 0) throw new Error(built.stderr);
  const read = spawnSync(join(target, 'debug', 'read-range'), range, { encoding: 'utf8', timeout: 60_000 });
  report('rust', 'examples/rust', read.status === 0 && read.stdout.endsWith(lastLine), read.stdout + read.stderr);
}
