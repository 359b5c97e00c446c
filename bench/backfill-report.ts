/** The figures of the backfill bench: printed as they come, kept as JSON, and written as a table of the documentation. */
import { mkdirSync, writeFileSync } from 'node:fs';
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

  describe(ledgers: number): void {
    this.ledgers = ledgers;
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
        'columns: `rows` are decoded and left, `in memory` the same of objects that have been read before, the others become files. MB/s are of uncompressed ledgers. Cores are ' +
        "processor seconds per second: of the process, and of its main thread, which plans and writes but doesn't decode.\n",
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
      this.scaling.markdown(),
    ].join('\n');
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
