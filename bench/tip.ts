/** At the tip: from the moment that the source hands a ledger to its transport to the moment that a reader has its batch. */
import type { EndToEndPlan } from './end-to-end.js';
import type { EndToEndReport } from './end-to-end-report.js';
import { type Bench, TIP_LEDGERS_PER_SECOND } from './processes/bench.js';
import { quantile } from './spread.js';

/** Ledgers at the start that only warm up, as a part of all. */
const WARM_UP_SHARE = 0.1;

export async function benchTip(bench: Bench, plan: EndToEndPlan, report: EndToEndReport): Promise<void> {
  const { address } = await bench.service('paced ledgers');
  const reader = await bench.reader();
  const endLedger = Math.min(plan.tipLedgers, bench.ledgers);
  const { readableAtNs } = await reader.ask({ address, startLedger: 1, endLedger, follow: true });
  const { sentAtNs } = await bench.sourceFacts();
  const latenciesMs = readableAtNs
    .filter(([ledger]) => ledger > WARM_UP_SHARE * endLedger)
    .map(([ledger, atNs]) => Number(atNs - sentAtNs.get(ledger)!) / 1e6)
    .sort((a, b) => a - b);
  report.addTip({
    ledgersPerSecond: TIP_LEDGERS_PER_SECOND,
    batches: latenciesMs.length,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    mostMs: latenciesMs.at(-1)!,
  });
}
