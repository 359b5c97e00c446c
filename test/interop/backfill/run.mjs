// Files of a backfill before other makers' readers: `node test/interop/backfill/run.mjs [--dist dist]`. Writes a lake with
// `simulate --lake`, makes Arrow and Parquet of it, and has pyarrow and DuckDB read them. Prints a line per check.
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { dist, python, reportLines, runSuites, tools } from '../tools.mjs';

const LEDGERS = 150;

await runSuites({ python: readWithPython });

async function readWithPython() {
  const folder = join(tools, 'backfill');
  rmSync(folder, { recursive: true, force: true });
  const lake = join(folder, 'lake');
  command('simulate', '--lake', lake, '--ledgers', String(LEDGERS), '--seed', '11', '--txs-per-ledger', '6');
  for (const sink of ['arrow', 'parquet']) {
    const range = ['--start', '1', '--end', String(LEDGERS), '--range-ledgers', '64'];
    command('backfill', '--source', `file://${lake}`, ...range, '--sink', sink, '--out', join(folder, sink));
  }
  const { oracleRows } = await import(join(dist, 'test', 'support', 'row-oracle.js'));
  const { createLedgerGenerator } = await import(join(dist, 'src', 'simulate', 'ledger-generator.js'));
  const passphrase = 'Test SDF Network ; September 2015';
  const generator = createLedgerGenerator({ seed: '11', networkPassphrase: passphrase, txsPerLedger: 6 });
  const ledgers = Array.from({ length: LEDGERS }, (_, i) => Buffer.from(generator.ledger(i + 1)));
  const expected = join(folder, 'expected.json');
  writeFileSync(expected, JSON.stringify(ledgers.flatMap((ledger) => oracleRows(ledger, passphrase))));

  const interpreter = python(['pyarrow.parquet', 'duckdb'], ['pyarrow', 'duckdb', 'pytz']);
  const words = ['read_files.py', join(folder, 'arrow'), join(folder, 'parquet'), expected];
  const options = {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 180_000,
    stdio: ['ignore', 'pipe', 'inherit'],
  };
  reportLines('python', spawnSync(interpreter, words, options));
}

function command(...words) {
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 180_000,
    env: { ...process.env, LOG_LEVEL: 'warn' },
  };
  execFileSync(process.execPath, [join(dist, 'src', 'main.js'), ...words], options);
}
