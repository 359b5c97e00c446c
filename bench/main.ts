/**
 * The bench suite: `npm run bench [-- [--long | --smoke] [--network-passphrase NAME] [--docs] [FILE…]]`.
 *
 * Seconds by default; `--long` takes more and longer samples, `--smoke` only proves that it runs. FILEs are ledger
 * files to run on beside the generator's ledgers. `--docs` writes the table into docs/benchmarks.md.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import { Command } from 'commander';
import { networkPassphrase } from '../src/request/networks.js';
import { benchDecode } from './decode.js';
import { fileInput, simulatedInput } from './inputs.js';
import type { MeasurePlan } from './measure.js';
import { machine, Report } from './report.js';

interface BenchFlags {
  readonly long?: true;
  readonly smoke?: true;
  readonly docs?: true;
  readonly networkPassphrase: string;
}

const PLANS = {
  smoke: { samples: 1, sampleMs: 50 },
  normal: { samples: 5, sampleMs: 400 },
  long: { samples: 15, sampleMs: 2000 },
} as const satisfies Record<string, MeasurePlan>;

const program = new Command('bench')
  .option('--long', 'more and longer samples')
  .option('--smoke', 'one short sample: proves that the bench runs')
  .option('--docs', 'write the table into docs/benchmarks.md')
  .option('--network-passphrase <passphrase>', 'of the files', 'public')
  .argument('[file...]', 'ledger files')
  .parse();
const flags = program.opts<BenchFlags>();
const plan = flags.long ? PLANS.long : flags.smoke ? PLANS.smoke : PLANS.normal;
const threads = Array.from({ length: availableParallelism() }, (_, i) => i + 1);

const report = new Report();
console.log(JSON.stringify(machine()));
const inputs = [
  simulatedInput('generated, 100 transactions a ledger', 100, 16),
  simulatedInput('generated, 200 transactions a ledger', 200, 16),
];
for (const file of program.args) inputs.push(await fileInput(file, networkPassphrase(flags.networkPassphrase)));
for (const input of inputs) await benchDecode(input, plan, threads, report);

report.writeJson('bench/results/decode.json');
if (flags.docs) {
  const text = `# Benchmarks\n\nWritten by \`npm run bench -- --docs\`; do not edit.\n\n${report.markdown()}`;
  writeFileSync('docs/benchmarks.md', text);
}
