/** The demo's status while rows flow: speed over the last seconds, what has arrived, and the memory of it all. */
import process from 'node:process';
import { bar, count, megabytes } from './figures.js';
import { SampleWindow } from '../ops/sample-window.js';
import type { RowAccount } from './row-account.js';
import type { Status } from './screen.js';

const BAR_WIDTH = 24;
/** Speed is of so long: it follows what happens, and not in jumps. */
const SPEED_SPAN_MS = 2_000;

export class LiveStatus {
  private readonly account: RowAccount;
  private readonly ledgers: number;
  private readonly received = new SampleWindow<{ readonly ledgers: number; readonly rows: number }>(SPEED_SPAN_MS);
  private mostRssBytes = 0;

  /** Of a demo of `ledgers` ledgers, 1 to so many. */
  constructor(account: RowAccount, ledgers: number) {
    this.account = account;
    this.ledgers = ledgers;
    this.read();
  }

  /** The largest resident set seen, in bytes. */
  get peakRssBytes(): number {
    return this.mostRssBytes;
  }

  readonly read = (): Status => {
    const { completeThrough, receivedRows, batches } = this.account;
    this.received.add(performance.now(), { ledgers: completeThrough, rows: receivedRows });
    const ledgersPerSecond = count(this.received.rate('ledgers', SPEED_SPAN_MS));
    const contractsPerSecond = count(this.received.rate('rows', SPEED_SPAN_MS));
    const rssBytes = process.memoryUsage.rss();
    this.mostRssBytes = Math.max(this.mostRssBytes, rssBytes);
    const share = completeThrough / this.ledgers;
    const speed = `${ledgersPerSecond} ledgers/s, ${contractsPerSecond} contracts_per_second`;
    return {
      lines: [
        `  ${bar(share, BAR_WIDTH)} ${Math.floor(100 * share)} %`,
        `  speed      ${speed}`,
        `  received   ${count(receivedRows)} rows in ${count(batches)} batches`,
        `  watermark  ledger ${count(completeThrough)} of ${count(this.ledgers)}`,
        `  memory     ${megabytes(rssBytes)} resident, source and reader included`,
      ],
      brief:
        `watermark ${completeThrough} of ${this.ledgers}: ${speed}, ${count(receivedRows)} rows in ` +
        `${count(batches)} batches, ${megabytes(rssBytes)} resident`,
    };
  };
}
