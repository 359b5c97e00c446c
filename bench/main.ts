/**
 * The bench suite: `npm run bench [-- [--long | --smoke] [--network-passphrase NAME] [--docs] [FILE…]]`.
 *
 * Seconds by default; `--long` takes more and longer samples, `--smoke` only proves that it runs. FILEs are ledger
 * files to run on beside the generator's ledgers. `--docs` writes the table into docs/benchmarks.md.
 */
import '../workers/v8-flags.js';
import { availableParallelism } from 'node:os';

import { Command } from 'commander';
import { networkPassphrase } from '../src/request/networks.js';
import { type BackfillPlan, benchBackfill } from './backfill.js';
import { BackfillReport } from './backfill-report.js';
import { benchConsume, type ConsumePlan } from './consume.js';
import { ConsumeReport } from './consume-report.js';
import { benchDecode } from './decode.js';
import { writeSection } from './docs-page.js';
import { benchEndToEnd, type EndToEndPlan } from './end-to-end.js';
import { EndToEndReport } from './end-to-end-report.js';
import { fileInput, simulatedInput } from './inputs.js';
import type { MeasurePlan } from './measure.js';
import { machine, Report } from './report.js';

interface BenchFlags {
  readonly endToEnd?: true;
  readonly long?: true;
  readonly smoke?: true;
  readonly docs?: true;
  readonly networkPassphrase?: string;
}

const PLANS = {
  smoke: { warmUpMs: 50, samples: 1, sampleMs: 50 },
  normal: { warmUpMs: 1500, samples: 7, sampleMs: 400 },
  long: { warmUpMs: 3000, samples: 15, sampleMs: 2000 },
} as const satisfies Record<string, MeasurePlan>;

const END_TO_END_PLANS = {
  smoke: { ledgers: 32, samples: 1, readers: [1, 2], tipLedgers: 20, stillMs: 2_000, startUps: 1 },
  short: { ledgers: 1024, samples: 3, readers: [1, 4, 8], tipLedgers: 100, stillMs: 4_000, startUps: 3 },
  normal: { ledgers: 1024, samples: 7, readers: [1, 4, 8], tipLedgers: 400, stillMs: 10_000, startUps: 5 },
  long: { ledgers: 2048, samples: 21, readers: [1, 4, 8], tipLedgers: 512, stillMs: 60_000, startUps: 11 },
} as const satisfies Record<string, EndToEndPlan>;

/** So many ledgers that most commits are full: the first ones are small, so that loading begins at once. */
const CONSUME_PLANS = {
  smoke: { ledgers: 32, samples: 1 },
  short: { ledgers: 768, samples: 2 },
  normal: { ledgers: 1024, samples: 5 },
  long: { ledgers: 2048, samples: 9 },
} as const satisfies Record<string, ConsumePlan>;

const BACKFILL_PLANS = {
  smoke: { ledgers: 32, samples: 1 },
  short: { ledgers: 512, samples: 3 },
  normal: { ledgers: 512, samples: 5 },
  long: { ledgers: 1024, samples: 9 },
} as const satisfies Record<string, BackfillPlan>;

const program = new Command('bench')
  .option('--end-to-end', 'only the service between a source and its readers')
  .option('--long', 'more and longer samples')
  .option('--smoke', 'one short sample: proves that the bench runs')
  .option('--docs', 'write the tables into docs/benchmarks.md')
  .option('--network-passphrase <passphrase>', 'of the files; else that of the known networks which fits')
  .argument('[file...]', 'ledger files')
  .parse();
const flags = program.opts<BenchFlags>();
const length = flags.long ? 'long' : flags.smoke ? 'smoke' : 'normal';

console.log(JSON.stringify(machine()));
if (!flags.endToEnd) await decode();
await endToEnd(length === 'normal' && !flags.endToEnd ? 'short' : length);

async function decode(): Promise<void> {
  const report = new Report();
  const threads = Array.from({ length: availableParallelism() }, (_, i) => i + 1);
  const inputs = [
    simulatedInput('generated, 100 transactions a ledger', 100, 16),
    simulatedInput('generated, 200 transactions a ledger', 200, 16),
  ];
  const passphrases = flags.networkPassphrase === undefined ? undefined : [networkPassphrase(flags.networkPassphrase)];
  for (const file of program.args) inputs.push(await fileInput(file, passphrases));
  for (const input of inputs) await benchDecode(input, PLANS[length], threads, report);
  report.writeJson('bench/results/decode.json');
  if (flags.docs) writeSection('Decoding', report.markdown());
}

async function endToEnd(name: keyof typeof END_TO_END_PLANS): Promise<void> {
  const plan = END_TO_END_PLANS[name];
  const report = new EndToEndReport();
  await benchEndToEnd(plan, report);
  report.writeJson('bench/results/end-to-end.json');
  if (flags.docs) writeSection('End to end', report.markdown());
  await consume(CONSUME_PLANS[name]);
  await backfill(BACKFILL_PLANS[name]);
}

async function consume(plan: ConsumePlan): Promise<void> {
  const report = new ConsumeReport();
  await benchConsume(plan, report);
  report.writeJson('bench/results/consume.json');
  if (flags.docs) writeSection('Into PostgreSQL', report.markdown());
}

async function backfill(plan: BackfillPlan): Promise<void> {
  const report = new BackfillReport();
  await benchBackfill(plan, report);
  report.writeJson('bench/results/backfill.json');
  if (flags.docs) writeSection('Backfill', report.markdown());
}
