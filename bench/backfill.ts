/**
 * Backfill of simulated lakes: with one worker and two, with one ledger in an object and 64, from a store that is far
 * away, and into files. Every way is a process of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLedgerGenerator } from '../src/simulate/ledger-generator.js';
import { writeLake } from '../src/simulate/lake-writer.js';
import type { BackfillReport } from './backfill-report.js';
import type { BackfillReply, BackfillRequest } from './backfill-process.js';
import { benchScaling } from './backfill-scaling.js';
import { delayedStore } from './backfill-store.js';
import { TXS_PER_LEDGER } from './processes/bench.js';
import { Child } from './processes/child.js';
import { spreadOf } from './spread.js';

export interface BackfillPlan {
  readonly ledgers: number;
  readonly samples: number;
}

const PASSPHRASE = 'Test SDF Network ; September 2015';
/** Lakes of several ledgers an object have none for the first ones of a network. */
const FIRST_LEDGER = 64;
/** To the nearest region of a public store and back. */
const DELAY_MS = 50;

/** For each sample, of few. */
const WARM_UP_RUNS = 3;
const MOST_WARM_UP_RUNS = 9;
/** A sample reads the ledgers so often: seconds, so that its first messages and its end weigh little in it. */
const ROUNDS = 8;

/** Of the ledgers: those that go into a database, which takes longer, several times over. */
const SCALING_SHARE = 0.25;

type Way = Pick<BackfillRequest, 'workers' | 'sink' | 'url'> & { readonly lake: string };

export async function benchBackfill({ ledgers, samples }: BackfillPlan, report: BackfillReport): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'contract-data-bench-'));
  const large = await lakeOf(folder, 64, ledgers);
  const single = await lakeOf(folder, 1, ledgers);
  const store = await delayedStore(single, DELAY_MS);
  const near = { lake: '1 ledger an object, folder', url: `file://${single}` };
  const packed = { lake: '64 ledgers an object, folder', url: `file://${large}` };
  const far = { lake: `1 ledger an object, store ${DELAY_MS} ms away`, url: store.url };
  const ways: Way[] = [
    { ...near, workers: 1, sink: 'in memory' },
    { ...near, workers: 1, sink: 'rows' },
    { ...near, workers: 2, sink: 'rows' },
    { ...packed, workers: 1, sink: 'in memory' },
    { ...packed, workers: 1, sink: 'rows' },
    { ...packed, workers: 2, sink: 'rows' },
    { ...far, workers: 1, sink: 'rows' },
    { ...near, workers: 2, sink: 'arrow' },
    { ...near, workers: 2, sink: 'parquet' },
  ];
  report.describe(ledgers, roundsOf('rows', samples));
  try {
    for (const way of ways) {
      const replies = await backfill(way, ledgers, samples);
      const last = replies.at(-1)!;
      const rate = spreadOf(replies.map((reply) => (reply.ledgers * 1000) / reply.elapsedMs));
      const cores = (of: (reply: BackfillReply) => number): number =>
        spreadOf(replies.map((reply) => of(reply) / reply.elapsedMs)).median;
      report.add({
        lake: way.lake,
        sink: way.sink,
        workers: way.workers,
        ledgersPerSecond: rate,
        megabytesPerSecond: (rate.median * last.ledgerBytes) / last.ledgers / 1e6,
        contractsPerSecond: (rate.median * last.rows) / last.ledgers,
        cores: cores((reply) => reply.cpuMs),
        mainCores: last.mainCpuMs === undefined ? undefined : cores((reply) => reply.mainCpuMs!),
        peakRssBytes: Math.max(...replies.map((reply) => reply.peakRssBytes)),
      });
    }
    await benchScaling(
      {
        lake: near.url,
        networkPassphrase: PASSPHRASE,
        first: FIRST_LEDGER,
        last: FIRST_LEDGER + Math.ceil(ledgers * SCALING_SHARE) - 1,
        samples: Math.ceil(samples / 2),
      },
      report.scaling,
    );
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

/** One sample proves only that it runs. */
function roundsOf(sink: BackfillRequest['sink'], samples: number): number {
  return samples > 1 && (sink === 'rows' || sink === 'in memory') ? ROUNDS : 1;
}

/** Behind first runs, in which code is being optimised. */
async function backfill({ url, workers, sink }: Way, ledgers: number, samples: number): Promise<BackfillReply[]> {
  const entry = new URL('./backfill-process.js', import.meta.url);
  const child: Child<BackfillRequest, BackfillReply> = await Child.start(entry, []);
  const range = { first: FIRST_LEDGER, last: FIRST_LEDGER + ledgers - 1 };
  const request = { url, workers, sink, rounds: 1, ...range, networkPassphrase: PASSPHRASE };
  try {
    for (let run = 0; run < Math.min(MOST_WARM_UP_RUNS, WARM_UP_RUNS * samples); run += 1) await child.ask(request);
    const replies: BackfillReply[] = [];
    while (replies.length < samples) replies.push(await child.ask({ ...request, rounds: roundsOf(sink, samples) }));
    return replies;
  } finally {
    child.stop();
  }
}

async function lakeOf(folder: string, ledgersPerFile: number, ledgers: number): Promise<string> {
  const generator = createLedgerGenerator({ seed: 1, networkPassphrase: PASSPHRASE, txsPerLedger: TXS_PER_LEDGER });
  const directory = join(folder, `of-${ledgersPerFile}`);
  const lake = {
    directory,
    layout: { ledgersPerFile, filesPerPartition: 64_000 },
    networkPassphrase: PASSPHRASE,
    identity: { bench: 'backfill' },
    first: FIRST_LEDGER,
    // Objects appear when they are full.
    last: FIRST_LEDGER + 64 * Math.ceil(ledgers / 64) - 1,
    ledgersPerSecond: 0,
    ledger: (sequence: number) => generator.ledger(sequence),
  };
  const objects = writeLake(lake, new AbortController().signal);
  while ((await objects.next()).done !== true);
  return directory;
}
