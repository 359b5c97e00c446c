/** The figures of a planned backfill with one machine and with two: printed, and written beside those of the backfill bench. */
import { count, table } from './report.js';
import type { Spread } from './spread.js';

export interface ScalingLine {
  /** Which rows of the ledgers are loaded. */
  readonly rows: string;
  readonly machines: number;
  readonly ledgersPerSecond: Spread;
  readonly contractsPerSecond: number;
  /** Times the speed of one machine. */
  readonly ofOne: number;
  /** Of all machines, without the server. */
  readonly cores: number;
}

export class ScalingReport {
  readonly lines: ScalingLine[] = [];
  private ledgers = 0;
  private rangeLedgers = 0;

  describe(ledgers: number, rangeLedgers: number): void {
    this.ledgers = ledgers;
    this.rangeLedgers = rangeLedgers;
    console.log(`\nbackfill work on a plan of ${ledgers} ledgers in ranges of ${rangeLedgers}`);
  }

  add(line: ScalingLine): void {
    this.lines.push(line);
    console.log(cells(line).join('  '));
  }

  markdown(): string {
    return [
      '### A plan and its machines\n',
      `\`backfill work\` on a plan of ${this.ledgers} ledgers, contract_data alone, in ranges of ${this.rangeLedgers}. Each ` +
        'machine is a process with one decode thread and one range at a time; they and the PostgreSQL server share the cores ' +
        'of one computer, so what is gained here is less than hosts of their own gain. Cores are those of the machines, ' +
        'without the server.\n',
      table(
        ['rows', 'machines', 'ledgers/s', 'spread (samples)', 'of one machine', 'contracts_per_second', 'cores'],
        this.lines.map(cells),
      ),
    ].join('\n');
  }
}

function cells(line: ScalingLine): string[] {
  const { rows, machines, ledgersPerSecond: rate } = line;
  return [
    rows,
    String(machines),
    count(rate.median),
    `± ${Math.round(100 * rate.spread)} % (${rate.samples})`,
    `${line.ofOne.toFixed(2)} x`,
    count(line.contractsPerSecond),
    line.cores.toFixed(2),
  ];
}
