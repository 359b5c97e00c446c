/** The figures of the end-to-end bench: printed as they come, kept as JSON, and written as tables of the documentation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SourceFacts } from './processes/source.js';
import { count, machine, measuredOn, megabytes, table } from './report.js';
import type { Spread } from './spread.js';

export interface Throughput {
  readonly path: string;
  readonly ledgersPerSecond: Spread;
  readonly contractsPerSecond: number;
  /** Ledgers a second as a part of what plain grpc-js relays, and of what the relay with the service's own transport does. */
  readonly ofPlain: number;
  readonly ofRelay: number;
  /** Processor time by process; `middle` is the service or the relay. */
  readonly cpuMsPerLedger: { readonly source: number; readonly middle: number; readonly reader: number };
}

export interface Readers {
  readonly readers: number;
  /** Of all readers together. */
  readonly ledgersPerSecond: Spread;
  readonly contractsPerSecond: number;
}

export interface SessionLine {
  readonly way: string;
  readonly ledgersPerSecond: Spread;
  /** Processor time of the service. */
  readonly cpuMsPerLedger: number;
}

export interface Tip {
  readonly ledgersPerSecond: number;
  readonly batches: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

export interface FlowctlLine {
  /** What the control plane does. */
  readonly flowctl: string;
  readonly ledgersPerSecond: Spread;
  /** Ledgers a second as a part of a service's that has nothing to do with flowctl. */
  readonly ofWithout: number;
}

/** Resident set of the service, in bytes. */
export interface StillReader {
  readonly seconds: number;
  readonly idleBytes: number;
  /** Within the first second of standing still. */
  readonly firstBytes: number;
  readonly lastBytes: number;
  readonly mostBytes: number;
}

export class EndToEndReport {
  private source: Omit<SourceFacts, 'addresses' | 'sentAtNs' | 'cpuMs'> | undefined;
  private readonly throughput: Throughput[] = [];
  private readonly readers: Readers[] = [];
  private readonly sessions: SessionLine[] = [];
  private tip: Tip | undefined;
  private stillReader: StillReader | undefined;
  private startUp: Spread | undefined;
  private readonly flowctl: FlowctlLine[] = [];

  describe({ ledgers, bytes, compressedBytes }: SourceFacts): void {
    this.source = { ledgers, bytes, compressedBytes };
    console.log(`\nend to end: ${this.input()}`);
  }

  addThroughput(line: Throughput): void {
    this.throughput.push(line);
    const { source, middle, reader } = line.cpuMsPerLedger;
    const cells = [
      line.path.padEnd(28),
      `${count(line.ledgersPerSecond.median)} ledgers/s`.padStart(18),
      `${count(line.contractsPerSecond)} contract rows/s`.padStart(26),
      `${percent(line.ofPlain)} of plain grpc-js`.padStart(24),
      `${percent(line.ofRelay)} of the relay`.padStart(19),
      plusMinus(line.ledgersPerSecond).padStart(8),
      `  ms of processor a ledger: ${source.toFixed(2)} source, ${middle.toFixed(2)} here, ${reader.toFixed(2)} reader`,
    ];
    console.log(cells.join(' '));
  }

  addReaders(line: Readers): void {
    this.readers.push(line);
    const cells = [
      `${line.readers} reader${line.readers === 1 ? '' : 's'} at once`.padEnd(28),
      `${count(line.ledgersPerSecond.median)} ledgers/s`.padStart(18),
      `${count(line.contractsPerSecond)} contract rows/s`.padStart(26),
      plusMinus(line.ledgersPerSecond).padStart(29),
    ];
    console.log(cells.join(' '));
  }

  addSession(line: SessionLine): void {
    this.sessions.push(line);
    const cells = [
      line.way.padEnd(28),
      `${count(line.ledgersPerSecond.median)} ledgers/s`.padStart(18),
      plusMinus(line.ledgersPerSecond).padStart(56),
      `  ms of processor a ledger: ${line.cpuMsPerLedger.toFixed(2)} here`,
    ];
    console.log(cells.join(' '));
  }

  addTip(tip: Tip): void {
    this.tip = tip;
    console.log(this.tipText(tip));
  }

  addStillReader(memory: StillReader): void {
    this.stillReader = memory;
    console.log(this.memoryText(memory));
  }

  addFlowctl(line: FlowctlLine): void {
    this.flowctl.push(line);
    console.log(this.flowctlText(line));
  }

  addStartUp(startUp: Spread): void {
    this.startUp = startUp;
    console.log(this.startUpText(startUp));
  }

  /** Writes everything as JSON to `path`. */
  writeJson(path: string): void {
    mkdirSync(dirname(path), { recursive: true });
    const { source, throughput, readers, sessions, flowctl, tip, stillReader, startUp } = this;
    const all = { machine: machine(), source, throughput, readers, sessions, flowctl, tip, stillReader, startUp };
    writeFileSync(path, JSON.stringify(all, null, 2) + '\n');
  }

  markdown(): string {
    const paths = this.throughput.map((line) => {
      const { source, middle, reader } = line.cpuMsPerLedger;
      const rates = [line.ledgersPerSecond.median, line.contractsPerSecond].map(count);
      const spread = `${plusMinus(line.ledgersPerSecond)} (${line.ledgersPerSecond.samples})`;
      return [
        line.path,
        ...rates,
        percent(line.ofPlain),
        percent(line.ofRelay),
        spread,
        ...[source, middle, reader].map((ms) => ms.toFixed(2)),
      ];
    });
    const readers = this.readers.map(({ readers: number, ledgersPerSecond, contractsPerSecond }) => {
      const spread = `${plusMinus(ledgersPerSecond)} (${ledgersPerSecond.samples})`;
      return [String(number), count(ledgersPerSecond.median), count(contractsPerSecond), spread];
    });
    const sessions = this.sessions.map(({ way, ledgersPerSecond, cpuMsPerLedger }) => {
      const spread = `${plusMinus(ledgersPerSecond)} (${ledgersPerSecond.samples})`;
      return [way, count(ledgersPerSecond.median), spread, cpuMsPerLedger.toFixed(2)];
    });
    const points = [
      this.tip && this.tipText(this.tip),
      this.stillReader && this.memoryText(this.stillReader),
      this.startUp && this.startUpText(this.startUp),
      ...this.flowctl.map((line) => this.flowctlText(line)),
    ].filter((text) => text !== undefined);
    return [
      `${measuredOn()} Source, service and readers are processes of their own on this machine: ${this.input()}. Two ` +
        'relays decode nothing: they take the same uncompressed ledgers, and send one kept batch of the service for as ' +
        'many ledgers as the service puts into one. `plain grpc-js` is what its guide has one write, messages by ' +
        "@grpc/proto-loader and Node's default settings, source and reader too; `relay` has the service's own " +
        'transport, source and reader. `chunks` are several ledgers in a message, `compressed chunks` objects of a data ' +
        'lake as they are. Spread is half the range of the samples. Where there are fewer cores than processes, they ' +
        'share them: processor time a ledger is what remains comparable.\n',
      table(
        [
          'path',
          'ledgers/s',
          'contracts_per_second',
          'of plain grpc-js',
          'of the relay',
          'spread (samples)',
          'ms: source',
          'middle',
          'reader',
        ],
        paths,
      ),
      'Readers at once, each with a stream of its own over the same ledgers; figures are of all together.\n',
      table(['readers', 'ledgers/s', 'contracts_per_second', 'spread (samples)'], readers),
      'A session of the same ledgers, whose batches are made once for all its readers.\n',
      table(['way', 'ledgers/s', 'spread (samples)', 'ms of the service a ledger'], sessions),
      ...points.map((text) => `- ${text}`),
      '',
    ].join('\n');
  }

  private input(): string {
    const { ledgers = 0, bytes = 0, compressedBytes = 0 } = this.source ?? {};
    const packed = `${count(compressedBytes / ledgers)} compressed`;
    return `${ledgers} generated ledgers of ${count(bytes / ledgers)} bytes (${packed})`;
  }

  private tipText({ ledgersPerSecond, batches, p50Ms, p99Ms, mostMs }: Tip): string {
    const figures = `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, at most ${mostMs.toFixed(1)} ms`;
    return `at the tip, ${ledgersPerSecond} ledgers/s: ledger sent to batch readable ${figures} (${batches} batches)`;
  }

  private memoryText({ seconds, idleBytes, firstBytes, lastBytes, mostBytes }: StillReader): string {
    return (
      `memory while a reader stands still for ${seconds} s: RSS ${megabytes(firstBytes)} at first, ` +
      `${megabytes(lastBytes)} at last; ${megabytes(idleBytes)} idle, ${megabytes(mostBytes)} at most`
    );
  }

  private flowctlText({ flowctl, ledgersPerSecond, ofWithout }: FlowctlLine): string {
    const rate = `${count(ledgersPerSecond.median)} ledgers/s ${plusMinus(ledgersPerSecond)}`;
    return `flowctl ${flowctl}: ${rate}, ${percent(ofWithout)} of a service without flowctl`;
  }

  private startUpText(startUp: Spread): string {
    const spread = `${plusMinus(startUp)} (${startUp.samples} starts)`;
    return `start-up, process started to /ready: ${count(startUp.median)} ms ${spread}`;
  }
}

function percent(part: number): string {
  return `${Math.round(100 * part)} %`;
}

function plusMinus({ spread }: Spread): string {
  return `± ${percent(spread)}`;
}
