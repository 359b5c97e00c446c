/** The service's memory while a reader stands still in the middle of a range, and while it reads on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndToEndPlan } from './end-to-end.js';
import type { EndToEndReport } from './end-to-end-report.js';
import type { Bench } from './processes/bench.js';

const SAMPLE_EVERY_MS = 250;
/** How long a stream takes to fill everything that stands between source and reader. */
const FILLS_WITHIN_MS = 1_000;

export async function benchStillReader(bench: Bench, plan: EndToEndPlan, report: EndToEndReport): Promise<void> {
  const service = await bench.service('ledgers');
  const reader = await bench.reader();
  const before = (await service.usage()).rssBytes;
  const startedAt = performance.now();
  const request = { address: service.address, startLedger: 1, endLedger: bench.ledgers, stillMs: plan.stillMs };
  const reading = reader.ask(request).then(() => undefined);
  const samples: { readonly sinceMs: number; readonly rssBytes: number }[] = [];
  for (;;) {
    const { rssBytes } = await service.usage();
    samples.push({ sinceMs: performance.now() - startedAt, rssBytes });
    if ((await Promise.race([reading, sleep(SAMPLE_EVERY_MS, 'reads on')])) === undefined) break;
  }
  const still = samples.filter(({ sinceMs }) => sinceMs > FILLS_WITHIN_MS && sinceMs < plan.stillMs);
  report.addStillReader({
    seconds: plan.stillMs / 1000,
    idleBytes: before,
    firstBytes: still[0]!.rssBytes,
    lastBytes: still.at(-1)!.rssBytes,
    mostBytes: Math.max(...samples.map(({ rssBytes }) => rssBytes)),
  });
}
