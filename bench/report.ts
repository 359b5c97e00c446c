/** Prints measurements side by side, and keeps them with what a reader needs to judge them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { Measured } from './measure.js';
import type { BenchInput } from './inputs.js';

export interface Line extends Measured {
  readonly input: string;
  readonly stage: string;
  readonly ledgersPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Contract-data rows a second: contracts_per_second. Null for stages that make no rows. */
  readonly contractsPerSecond: number | null;
  /** Times the full decode by stellar-base in the same run. */
  readonly ratio: number;
}

export function machine(): Record<string, string | number> {
  const processors = cpus();
  return {
    cpu: `${availableParallelism()} x ${processors[0]?.model.trim() ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    // Not a checkout (an installed package): the figure stands without it.
    return 'unknown';
  }
}

/** The sentence that goes before figures. */
export function measuredOn(): string {
  const { cpu, memoryGiB, node, commit: at, date } = machine();
  return `Measured on ${cpu}, ${memoryGiB} GiB, Node ${node}, commit ${at}, ${date}.`;
}

export class Report {
  readonly lines: Line[] = [];

  add(input: BenchInput, stage: string, measured: Measured, baseline: number, makesRows: boolean): void {
    const line: Line = {
      ...measured,
      input: input.name,
      stage,
      ledgersPerSecond: measured.perSecond,
      megabytesPerSecond: (measured.perSecond * input.bytes) / input.ledgers.length / 1e6,
      contractsPerSecond: makesRows ? (measured.perSecond * input.rows) / input.ledgers.length : null,
      ratio: measured.perSecond / baseline,
    };
    this.lines.push(line);
    console.log(textLine(line));
  }

  /** Writes everything as JSON to `path`. */
  writeJson(path: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify({ machine: machine(), lines: this.lines }, null, 2) + '\n');
  }

  markdown(): string {
    const head =
      `${measuredOn()} Ratios are against the full decode by \`@stellar/stellar-base\` of the same ledgers in the same run, in processes of its own with Node's default settings, the median of which counts; ` +
      'the spread is half the range of the samples.\n';
    const inputs = [...new Set(this.lines.map((line) => line.input))];
    return [head, ...inputs.map((input) => `### ${input}\n\n${this.table(input)}`)].join('\n');
  }

  private table(input: string): string {
    const rows = this.lines
      .filter((line) => line.input === input)
      .map((line) => [
        line.stage,
        count(line.ledgersPerSecond),
        count(line.megabytesPerSecond),
        line.contractsPerSecond === null ? '' : count(line.contractsPerSecond),
        `${line.ratio.toFixed(1)} x`,
        `± ${(100 * line.spread).toFixed(0)} % (${line.samples})`,
        megabytes(line.rssBytes),
      ]);
    return table(['stage', 'ledgers/s', 'MB/s', 'contracts_per_second', 'ratio', 'spread (samples)', 'RSS'], rows);
  }
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`);
  return lines.join('');
}

function textLine(line: Line): string {
  const cells = [
    line.stage.padEnd(44),
    `${count(line.ledgersPerSecond)} ledgers/s`.padStart(18),
    `${count(line.megabytesPerSecond)} MB/s`.padStart(12),
    (line.contractsPerSecond === null ? '' : `${count(line.contractsPerSecond)} contract rows/s`).padStart(26),
    `${line.ratio.toFixed(1)} x`.padStart(9),
    `± ${(100 * line.spread).toFixed(0)} %`.padStart(7),
    `RSS ${megabytes(line.rssBytes)}`.padStart(12),
  ];
  return cells.join(' ');
}

export function count(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
