// What npm would publish, installed as a user does, into an empty folder: `node test/interop/packaging/run.mjs [--dist dist]`.
// Packs what is built in dist, so that --dist is only where tools are kept. Needs the npm registry.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { dist, report, root, runSuites } from '../tools.mjs';

const LEDGER = 300;
/** What a user's TypeScript may use, in a module of theirs. */
const TYPED = `
import { type FlightBatch, planFlight, readFlight } from 'contract-data-processor/read-flight';
import { decodeBatch } from 'contract-data-processor/decode-batch';
import { SCHEMA_VERSION, TABLES } from 'contract-data-processor/columns';

export async function contracts(address: string): Promise<Set<unknown>> {
  const found = new Set<unknown>();
  const batches: AsyncIterable<FlightBatch> = readFlight(address, { start_ledger: 1 }, new AbortController().signal);
  for await (const batch of batches) for (const id of decodeBatch(batch).getChild('contract_id') ?? []) found.add(id);
  return found;
}
export const names: string[] = TABLES.contract_data.map(({ name, postgres }) => name + ' ' + postgres);
export const version: string = SCHEMA_VERSION;
// @ts-expect-error an address is text
void planFlight(8816, {}, new AbortController().signal);
`;

await runSuites({ npm });

async function npm() {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  try {
    const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const [packed] = JSON.parse(execFileSync('npm', words, { cwd: root, encoding: 'utf8' }));
    const strangers = packed.files.filter(({ path }) =>
      /\.(map|tsbuildinfo)$|^(test|bench|dist\/(test|bench))\//.test(path),
    );
    report('npm', 'packs nothing that only developers need', strangers.length === 0, strangers.join('\n'));
    const user = join(folder, 'user');
    mkdirSync(user);
    writeFileSync(join(user, 'package.json'), '{"type": "module"}');
    const install = ['install', '--no-audit', '--no-fund', join(folder, packed.filename)];
    execFileSync('npm', install, { cwd: user, stdio: ['ignore', 'ignore', 'inherit'] });
    await use(user);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function use(user) {
  const run = (program, words, options = {}) =>
    spawnSync(program, words, { cwd: user, encoding: 'utf8', timeout: 120_000, ...options });
  const program = join(user, 'node_modules', '.bin', 'contract-data-processor');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

  const said = run(program, ['--version']);
  report('npx', 'says its version', said.stdout.startsWith(version), said.stdout + said.stderr);

  const { expectedRows, ledgerBytes } = await import(join(dist, 'test', 'service', 'simulated-source.js'));
  writeFileSync(join(user, 'ledger.xdr'), ledgerBytes(LEDGER));
  const decoded = run(program, ['decode', 'ledger.xdr']);
  const hashes = (rows) => JSON.stringify(rows.map((row) => [row.ledger_key_hash, row.change_index, row.balance_i128]));
  const rows = decoded.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  report('npx', 'decodes a ledger', hashes(rows) === hashes(expectedRows(LEDGER, LEDGER)), decoded.stderr);

  const demo = run(program, ['demo', '--ledgers', '30', '--txs-per-ledger', '5']);
  report(
    'npx',
    'runs the demo',
    demo.status === 0 && /complete: every row/.test(demo.stdout),
    demo.stdout + demo.stderr,
  );

  writeFileSync(join(user, 'typed.ts'), TYPED);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023'];
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
  const checked = run(process.execPath, [tsc, ...options, ...types, 'typed.ts']);
  report('typescript', 'knows the types of the Flight reader and the columns', checked.status === 0, checked.stdout);

  const script = "import { TABLES } from 'contract-data-processor/columns'; console.log(TABLES.ttl.length > 0)";
  const imported = run(process.execPath, ['--input-type=module', '-e', script]);
  report('node', 'imports the columns', imported.stdout.trim() === 'true', imported.stderr);
}
