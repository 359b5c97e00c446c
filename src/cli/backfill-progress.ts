/** The progress bar of `backfill`, on a terminal; elsewhere nothing moves. */
import { Presets, SingleBar } from 'cli-progress';
import type { Counts } from '../backfill/tally.js';

const REDRAW_EVERY_MS = 500;
const RATE_SPAN_MS = 10_000;
const CLEAR_LINE = '\r\u001b[2K';

export class BackfillProgress {
  private readonly stream: NodeJS.WriteStream;
  private bar: SingleBar | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly samples: { readonly atMs: number; readonly counts: Counts }[] = [];

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  /** Shows how far `counts` has come, of `ledgers`. */
  follow(ledgers: number, counts: Readonly<Counts>): void {
    if (!this.stream.isTTY) return;
    this.bar = new SingleBar(
      {
        stream: this.stream,
        format: '{bar} {percentage} % · {value} of {total} ledgers · {rates} · {left} left',
        hideCursor: true,
        stopOnComplete: false,
        clearOnComplete: true,
      },
      Presets.shades_classic,
    );
    this.bar.start(ledgers, 0, this.words(ledgers, counts));
    this.timer = setInterval(() => this.bar?.update(counts.ledgers, this.words(ledgers, counts)), REDRAW_EVERY_MS);
  }

  /** Writes a line without the bar in its way. */
  log(line: string): void {
    this.stream.write(this.bar === undefined ? line : CLEAR_LINE + line);
  }

  /** Takes the bar away. */
  end(): void {
    clearInterval(this.timer);
    this.bar?.stop();
    this.bar = undefined;
  }

  /** Rates of the last seconds, and how long the rest takes at them. */
  private words(ledgers: number, counts: Readonly<Counts>): { rates: string; left: string } {
    const { samples } = this;
    const now = { atMs: performance.now(), counts: { ...counts } };
    samples.push(now);
    while (samples.length > 2 && now.atMs - samples[1]!.atMs >= RATE_SPAN_MS) samples.shift();
    const first = samples[0]!;
    const seconds = (now.atMs - first.atMs) / 1000;
    const rate = (of: (counts: Counts) => number): number =>
      seconds === 0 ? 0 : Math.max(0, of(now.counts) - of(first.counts)) / seconds;
    const perSecond = rate((at) => at.ledgers);
    const megabytes = rate((at) => at.ledgerBytes / 1e6);
    const rows = rate((at) => at.rows);
    return {
      rates: `${whole(perSecond)} ledgers/s, ${whole(rows)} rows/s, ${whole(megabytes)} MB/s`,
      left: perSecond === 0 ? '…' : duration((ledgers - counts.ledgers) / perSecond),
    };
  }
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** As `2 d 3 h`, `3 h 20 min`, `4 min 10 s` or `9 s`. */
function duration(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  const start = Math.max(
    0,
    units.findIndex(([, size]) => seconds >= size),
  );
  let left = Math.max(0, Math.round(seconds));
  const parts = units.slice(seconds < 1 ? 3 : start, (seconds < 1 ? 3 : start) + 2).map(([name, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return `${count} ${name}`;
  });
  return parts.join(' ');
}
