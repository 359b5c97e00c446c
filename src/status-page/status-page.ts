/**
 * The status page, for people:
 *
 *   GET /                            the page
 *   GET /status.json                 the pipeline as it stands; made at most once a second, whoever asks
 *   GET /status/history.json         speed and memory over the last quarter of an hour
 *   GET /status/configuration.json   the configuration in force, secrets masked
 */
import type { Settings } from '../config/setting.js';
import { json, type Pages, type Reply } from '../ops/http-server.js';
import { BusyShare } from '../ops/busy-share.js';
import { History, MAX_SAMPLES, type Sample, SAMPLE_INTERVAL_MS } from './history.js';
import { pageFiles } from './page-files.js';
import { shownSettings } from './shown-settings.js';
import { statusReport, type StatusParts } from './status-report.js';

export interface StatusPageParts extends Omit<StatusParts, 'history'> {
  readonly pool: { readonly busyMs: number };
  readonly workerThreads: number;
  readonly settings: Settings;
  readonly values: Readonly<Record<string, unknown>>;
}

/** However many look, and however often: an answer is as fresh as this. */
const FRESH_MS = 1_000;

export class StatusPage {
  readonly pages: Pages;
  private readonly parts: StatusParts;
  private readonly history: History;
  private latest: { readonly reply: Promise<Reply>; readonly madeAtMs: number } | undefined;

  /** Begins to sample, until {@link close}. */
  constructor(parts: StatusPageParts) {
    const { metrics, pool, workerThreads, settings, values } = parts;
    const workersBusy = new BusyShare(() => pool.busyMs, workerThreads);
    this.history = new History({
      totals: async () => {
        const read = await metrics.read(['contractsProcessed', 'ledgersProcessed', 'bytesProcessed']);
        const [rows, ledgers, bytes] = [read.contractsProcessed, read.ledgersProcessed, read.bytesProcessed].map(
          (series) => series[0]?.value ?? 0,
        );
        return { rows: rows!, ledgers: ledgers!, bytes: bytes! };
      },
      takeWorkersBusy: () => workersBusy.take(),
    });
    this.parts = { ...parts, history: this.history };
    this.pages = new Map<string, () => Reply | Promise<Reply>>([
      ...pageFiles(),
      ['/status.json', () => this.status()],
      ['/status/history.json', () => json(200, historyColumns(this.history.samples))],
      ['/status/configuration.json', () => json(200, shownSettings(settings, values))],
    ]);
    this.history.start();
  }

  close(): void {
    this.history.close();
  }

  private status(): Promise<Reply> {
    const nowMs = performance.now();
    if (this.latest === undefined || nowMs - this.latest.madeAtMs >= FRESH_MS) {
      this.latest = { reply: statusReport(this.parts).then((report) => json(200, report)), madeAtMs: nowMs };
    }
    return this.latest.reply;
  }
}

/** Column by column, as charts take it. */
function historyColumns(samples: readonly Sample[]): object {
  const column = (name: keyof Sample): number[] => samples.map((sample) => sample[name]);
  return {
    interval_ms: SAMPLE_INTERVAL_MS,
    max_samples: MAX_SAMPLES,
    at: column('at'),
    contracts_per_second: column('contracts_per_second'),
    ledgers_per_second: column('ledgers_per_second'),
    bytes_per_second: column('bytes_per_second'),
    workers_busy: column('workers_busy'),
    main_thread_busy: column('main_thread_busy'),
    resident_bytes: column('resident_bytes'),
  };
}
