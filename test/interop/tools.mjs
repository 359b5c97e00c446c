// What the suites here share: where they are, how they report, programs of ours, and clients of other makers, which are
// installed once, below .interop/ of the compiled folder.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { dist: { type: 'string', default: 'dist' }, only: { type: 'string' } } });

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const dist = join(root, values.dist);
export const tools = join(dist, '.interop');
mkdirSync(tools, { recursive: true });

const started = [];

/** Prints a line for a check; one that failed makes this process end with 1. */
export function report(client, check, passed, output = '') {
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${client}: ${check}`);
  if (passed) return;
  process.exitCode = 1;
  console.log(output);
}

/** Reports each line of JSON that a client printed: check, error or null, and perhaps which client. */
export function reportLines(client, { stdout, status }) {
  for (const line of stdout.split('\n').filter(Boolean)) {
    const { client: one = client, check, error } = JSON.parse(line);
    report(one, check, error === null, error);
  }
  if (status !== 0) report(client, 'ran to its end', false);
}

/** Runs suites by their name, or the one that --only names; a client that cannot be had makes this process end with 2. */
export async function runSuites(suites) {
  try {
    for (const [name, run] of Object.entries(suites)) {
      if (values.only !== undefined && values.only !== name) continue;
      try {
        await run();
      } catch (error) {
        console.log(`???? ${name}: not to be had: ${error.message}`);
        process.exitCode ??= 2;
      }
    }
  } finally {
    for (const child of started) child.kill();
  }
}

/** Starts a compiled script; resolves with its first line of JSON. */
export async function startScript(...path) {
  return await startNode([join(dist, ...path)], 'stdout', (line) => JSON.parse(line));
}

/** Starts a command of the program; resolves with what `find` makes of the first line that it knows. */
export async function startCommand(words, stream, find) {
  return await startNode([join(dist, 'src', 'main.js'), ...words], stream, find);
}

/** `simulate` with a few dozen rows a ledger, and `serve` in front of it; resolves with the ports of `serve`. */
export async function startService() {
  const generated = ['--port', '0', '--seed', '11', '--txs-per-ledger', '6'];
  const source = await startCommand(['simulate', ...generated], 'stdout', (line) => /:(\d+)$/.exec(line)?.[1]);
  const ports = ['--flight-address', '127.0.0.1:0', '--grpc-address', '127.0.0.1:0', '--health-port', '0'];
  return await startCommand(['serve', ...ports, '--source-endpoint', `127.0.0.1:${source}`], 'stderr', (line) => {
    const entry = JSON.parse(line);
    return entry.msg === 'serving' ? entry : undefined;
  });
}

/** Starts any program, to be ended with the suites. */
export function startProgram(program, words, options = {}) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  started.push(child);
  for (const output of [child.stdout, child.stderr]) output?.resume();
  return child;
}

function startNode(words, stream, find) {
  const child = startProgram(process.execPath, words);
  return new Promise((resolve, reject) => {
    createInterface({ input: child[stream] }).on('line', (line) => {
      const found = find(line);
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`${words.join(' ')} ended with ${code}`)));
  });
}

/** A Python that can import `modules`, after `packages` were installed where it could not. */
export function python(modules, packages) {
  const interpreter = join(tools, 'venv', 'bin', 'python');
  if (!existsSync(interpreter)) execFileSync('python3', ['-m', 'venv', join(tools, 'venv')], { stdio: 'inherit' });
  if (spawnSync(interpreter, ['-c', `import ${modules.join(', ')}`]).status !== 0) {
    execFileSync(interpreter, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: 'inherit' });
  }
  return interpreter;
}

/** A program that `go install` makes of `module@version`. */
export function goProgram(name, module) {
  const program = join(tools, name);
  if (!existsSync(program)) {
    execFileSync('go', ['install', module], { env: { ...process.env, GOBIN: tools }, stdio: 'inherit' });
  }
  return program;
}

export function grpcurl() {
  return goProgram('grpcurl', 'github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3');
}
