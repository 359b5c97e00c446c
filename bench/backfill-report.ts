/** The figures of the backfill bench: printed as they come, kept as JSON, and written as a table of the documentation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { ScalingReport } from './backfill-scaling-report.js';
import { count, machine, measuredOn, megabytes, table } from './report.js';
import type { Spread } from './spread.js';

export interface BackfillLine {
  /** What is read, and how far away. */
  readonly lake: string;
  readonly sink: string;
  readonly workers: number;
  readonly ledgersPerSecond: Spread;
  readonly megabytesPerSecond: number;
  readonly contractsPerSecond: number;
  /** Of one core: what the process takes, and the main thread alone. */
  readonly cores: number;
  readonly mainCores: number | undefined;
  readonly peakRssBytes: number;
}

export class BackfillReport {
  /** Of a plan that several machines work on. */
  readonly scaling = new ScalingReport();
  private readonly lines: BackfillLine[] = [];
  private ledgers = 0;
  private rounds = 1;

  /** `rounds`: how often a sample of a way that makes no files reads them. */
  describe(ledgers: number, rounds: number): void {
    this.ledgers = ledgers;
    this.rounds = rounds;
    console.log(`\nbackfill of ${count(ledgers)} generated ledgers`);
  }

  add(line: BackfillLine): void {
    this.lines.push(line);
    console.log(cells(line).join('  '));
  }

  writeJson(path: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      `${JSON.stringify({ machine: machine(), ledgers: this.ledgers, lines: this.lines, scaling: this.scaling.lines }, null, 2)}\n`,
    );
  }

  markdown(): string {
    return [
      `${measuredOn()} Each line is a process that reads a lake of ${count(this.ledgers)} generated ledgers, with all 26 ` +
        'columns: `rows` are decoded and left, `in memory` the same of objects that have been read before, the others become files. ' +
        `A sample of \`rows\` and \`in memory\` reads the lake ${this.rounds} times without a pause: what is told is the steady ` +
        'state, not the beginning. MB/s are of uncompressed ledgers. Cores are processor seconds per second: of the process, ' +
        "and of its main thread, which plans and writes but doesn't decode.\n",
      table(
        [
          'lake',
          'sink',
          'workers',
          'ledgers/s',
          'spread (samples)',
          'MB/s',
          'contracts_per_second',
          'cores',
          'main thread',
          'peak RSS',
        ],
        this.lines.map(cells),
      ),
      ...this.twoWorkers(),
      this.scaling.markdown(),
    ].join('\n');
  }

  /** What a second worker brings for each lake, and what it has to share. */
  private twoWorkers(): string[] {
    const rows = this.lines.filter(({ sink }) => sink === 'rows');
    return rows.flatMap((two) => {
      const one = rows.find(({ lake, workers }) => lake === two.lake && workers === 1);
      if (two.workers !== 2 || one === undefined) return [];
      const faster = two.ledgersPerSecond.median / one.ledgersPerSecond.median;
      const cores = two.cores / one.cores;
      const dearer = Math.round(100 * (cores / faster - 1));
      return [
        `Two workers are ${faster.toFixed(2)} x one with ${two.lake}. They and all else share ${availableParallelism()} cores: ` +
          `the process takes ${two.cores.toFixed(2)} of them instead of ${one.cores.toFixed(2)}, ${cores.toFixed(2)} x, ` +
          `and a ledger takes ${Math.abs(dearer)} % ${dearer < 0 ? 'less' : 'more'} of a core.\n`,
      ];
    });
  }
}

function cells(line: BackfillLine): string[] {
  const { lake, sink, workers, ledgersPerSecond: rate, mainCores } = line;
  return [
    lake,
    sink,
    String(workers),
    count(rate.median),
    `± ${Math.round(100 * rate.spread)} % (${rate.samples})`,
    count(line.megabytesPerSecond),
    count(line.contractsPerSecond),
    line.cores.toFixed(2),
    mainCores === undefined ? '' : mainCores.toFixed(2),
    megabytes(line.peakRssBytes),
  ];
}
