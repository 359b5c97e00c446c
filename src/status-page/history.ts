/** Speed and memory over the last quarter of an hour, for the charts: a ring of samples, each of the time since the last. */
import process from 'node:process';

export const SAMPLE_INTERVAL_MS = 2_000;
export const MAX_SAMPLES = 450;

/** What has been done so far. */
export interface Totals {
  readonly rows: number;
  readonly ledgers: number;
  readonly bytes: number;
}

export interface Sample {
  /** Unix seconds. */
  readonly at: number;
  readonly contracts_per_second: number;
  readonly ledgers_per_second: number;
  readonly bytes_per_second: number;
  /** Share of their time that the decode threads were busy, 0 to 1; and this, the main thread. */
  readonly workers_busy: number;
  readonly main_thread_busy: number;
  readonly resident_bytes: number;
}

export interface HistoryParts {
  readonly totals: () => Promise<Totals>;
  /** Since it was last asked, 0 to 1. */
  readonly takeWorkersBusy: () => number;
}

export class History {
  private readonly parts: HistoryParts;
  private readonly ring: Sample[] = [];
  private before: (Totals & { readonly atMs: number }) | undefined;
  private utilisation = performance.eventLoopUtilization();
  private timer: NodeJS.Timeout | undefined;

  constructor(parts: HistoryParts) {
    this.parts = parts;
  }

  /** Oldest first. */
  get samples(): readonly Sample[] {
    return this.ring;
  }

  /** Samples again and again, until {@link close}. */
  start(): void {
    this.timer ??= setInterval(() => void this.sample(), SAMPLE_INTERVAL_MS).unref();
    void this.sample();
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** Adds what happened since the last call; the first one only notes where to count from. */
  async sample(nowMs = performance.now()): Promise<void> {
    const totals = await this.parts.totals();
    const utilisation = performance.eventLoopUtilization();
    const { before } = this;
    const workersBusy = this.parts.takeWorkersBusy();
    const mainThreadBusy = performance.eventLoopUtilization(utilisation, this.utilisation).utilization;
    this.before = { ...totals, atMs: nowMs };
    this.utilisation = utilisation;
    if (before === undefined || nowMs <= before.atMs) return;

    const perSecond = (of: keyof Totals): number => rounded(((totals[of] - before[of]) * 1000) / (nowMs - before.atMs));
    this.ring.push({
      at: rounded(Date.now() / 1000),
      contracts_per_second: perSecond('rows'),
      ledgers_per_second: perSecond('ledgers'),
      bytes_per_second: perSecond('bytes'),
      workers_busy: rounded(workersBusy),
      main_thread_busy: rounded(mainThreadBusy),
      resident_bytes: process.memoryUsage.rss(),
    });
    if (this.ring.length > MAX_SAMPLES) this.ring.shift();
  }
}

/** Three decimals: enough for a chart, short in JSON. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
