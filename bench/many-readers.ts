/**
 * Readers at once, each a process with a stream of its own over the same ledgers: what all of them together receive. They
 * share the work of one sample, so that it takes about as long with many as with one.
 */
import type { EndToEndPlan } from './end-to-end.js';
import type { EndToEndReport } from './end-to-end-report.js';
import type { Bench, Reader } from './processes/bench.js';
import { spreadOf } from './spread.js';

export async function benchReaders(bench: Bench, plan: EndToEndPlan, report: EndToEndReport): Promise<void> {
  const { address } = await bench.service('ledgers');
  const readers: Reader[] = [];
  for (const count of plan.readers) {
    while (readers.length < count) readers.push(await bench.reader());
    const endLedger = Math.ceil(bench.ledgers / count);
    const ledgersPerSecond: number[] = [];
    let rowsPerLedger = 0;
    for (let round = 0; round <= plan.samples; round += 1) {
      const startedAt = performance.now();
      const request = { address, startLedger: 1, endLedger };
      const replies = await Promise.all(readers.map((reader) => reader.ask(request)));
      const seconds = (performance.now() - startedAt) / 1000;
      rowsPerLedger = replies[0]!.rows / endLedger;
      if (round > 0) ledgersPerSecond.push((count * endLedger) / seconds);
    }
    const rate = spreadOf(ledgersPerSecond);
    report.addReaders({ readers: count, ledgersPerSecond: rate, contractsPerSecond: rate.median * rowsPerLedger });
  }
  for (const reader of readers) reader.stop();
}
