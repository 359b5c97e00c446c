/** The figures of the PostgreSQL bench: printed as they come, kept as JSON, and written as a table of the documentation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { count, machine, measuredOn, megabytes, table } from './report.js';
import type { Spread } from './spread.js';

export interface ConsumeLine {
  readonly way: string;
  readonly rowsPerSecond: Spread;
  /** As a part of what the file gets by pg-copy-streams. */
  readonly ofFile: number;
  /** Of the process that sends the rows. */
  readonly cpuMsPerThousandRows?: number;
  readonly peakRssBytes?: number;
}

export class ConsumeReport {
  private readonly lines: ConsumeLine[] = [];
  private input = { ledgers: 0, rows: 0 };

  describe(ledgers: number, rows: number): void {
    this.input = { ledgers, rows };
    console.log(`\ninto PostgreSQL: ${this.inputText()}`);
  }

  add(line: ConsumeLine): void {
    this.lines.push(line);
    const [rate, part, spread, cpu, memory] = cells(line);
    console.log(
      `${line.way.padEnd(40)} ${rate!.padStart(10)} rows/s ${part!.padStart(6)} of the file ± ${spread!.padStart(5)}` +
        (cpu === '' ? '' : `  ${cpu} ms of processor per 1,000 rows, ${memory} resident at most`),
    );
  }

  writeJson(path: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify({ machine: machine(), ...this.input, lines: this.lines }, null, 2)}\n`);
  }

  markdown(): string {
    return [
      `${measuredOn()} All are processes of their own on this machine, the PostgreSQL server (durable, as configured by ` +
        `default) among them, and share its cores: ${this.inputText()}. The file has the very bytes that \`consume\` ` +
        'sends by COPY. `consume` reads from a Flight server that has its batches at hand, `serve and consume` from the ' +
        'service, which decodes them meanwhile. Every sample begins with empty tables, with primary key and secondary ' +
        'indexes in place, and ends when all rows are committed.\n',
      table(
        ['way', 'rows/s', 'of the file', 'spread (samples)', 'ms of processor per 1,000 rows', 'peak RSS'],
        this.lines.map((line) => {
          const [rate, part, spread, cpu, memory] = cells(line);
          return [line.way, rate!, part!, `± ${spread!} (${line.rowsPerSecond.samples})`, cpu!, memory!];
        }),
      ),
    ].join('\n');
  }

  private inputText(): string {
    return `${count(this.input.rows)} rows of ${count(this.input.ledgers)} generated ledgers`;
  }
}

function cells({ rowsPerSecond, ofFile, cpuMsPerThousandRows: cpu, peakRssBytes: rss }: ConsumeLine): string[] {
  return [
    count(rowsPerSecond.median),
    `${Math.round(100 * ofFile)} %`,
    `${Math.round(100 * rowsPerSecond.spread)} %`,
    cpu === undefined ? '' : cpu.toFixed(1),
    rss === undefined ? '' : megabytes(rss),
  ];
}
