/** What `consume` shows of its work: a line on a terminal while it goes on, and a summary behind it. */
import type { LaneEnd } from '../consumer/lane.js';
import type { Stats } from '../consumer/ops/stats.js';

const REDRAW_EVERY_MS = 500;
const RATE_SPAN_MS = 5000;
const CLEAR_LINE = '\r\u001b[2K';

const ENDS: Readonly<Record<LaneEnd, string>> = {
  complete: 'complete',
  stopped: 'the session was stopped',
  interrupted: 'stopped; started again, it goes on from here',
};

export class ConsumeProgress {
  private readonly stream: NodeJS.WriteStream;
  private timer: NodeJS.Timeout | undefined;
  private readonly samples: { readonly atMs: number; readonly rows: number }[] = [];

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  /** Shows what `stats` says, again and again; only on a terminal. */
  follow(stats: () => Stats): void {
    if (!this.stream.isTTY) return;
    this.timer = setInterval(() => this.stream.write(CLEAR_LINE + this.line(stats())), REDRAW_EVERY_MS);
  }

  /** Writes a line of the log without the progress in its way. */
  log(line: string): void {
    this.stream.write(this.timer === undefined ? line : CLEAR_LINE + line);
  }

  /** Takes the line away. */
  end(): void {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.stream.write(CLEAR_LINE);
  }

  private line({ streams, held_bytes: held }: Stats): string {
    const parts = streams.map(({ table, watermark, records_inserted: rows, partitions }) => {
      const active = partitions.filter(({ state }) => state === 'loading' || state === 'retrying').length;
      const several = partitions.length > 1 ? `, ${active} of ${partitions.length} partitions at work` : '';
      return `${table}: ${number(rows)} rows, through ledger ${number(watermark)}${several}`;
    });
    const rows = streams.reduce((sum, stream) => sum + stream.records_inserted, 0);
    const columns = this.stream.columns > 0 ? this.stream.columns - 1 : 79;
    return [...parts, `${number(this.rate(rows))} rows/s, ${number(held / 1e6)} MB held`].join(' · ').slice(0, columns);
  }

  private rate(rows: number): number {
    const { samples } = this;
    const atMs = performance.now();
    samples.push({ atMs, rows });
    while (samples.length > 2 && atMs - samples[1]!.atMs >= RATE_SPAN_MS) samples.shift();
    const [first] = samples;
    return atMs === first!.atMs ? 0 : ((rows - first!.rows) * 1000) / (atMs - first!.atMs);
  }
}

/** Prints what was loaded in this run. */
export function printConsumed(output: NodeJS.WritableStream, end: LaneEnd, stats: Stats): void {
  const { streams, uptime_seconds: seconds } = stats;
  const lines = streams.map(({ table, watermark, records_inserted: rows, batches }) => {
    const speed = `${number(rows / seconds)} rows/s`;
    return `  ${table.padEnd(14)} ${number(rows)} rows in ${number(batches)} commits, through ledger ${number(watermark)}, ${speed}`;
  });
  const nothing = streams.length === 0 && end === 'complete' ? ', there was nothing left to load' : '';
  output.write(`${ENDS[end]}${nothing}, after ${seconds.toFixed(1)} s\n${lines.map((line) => `${line}\n`).join('')}`);
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}
