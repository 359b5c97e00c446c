/**
 * End to end: ledgers over gRPC in, record batches over Flight out, against a relay that does nothing in between.
 *
 *   source process -> service process (`serve` as it ships) or relay process -> reader processes
 *
 * Samples of the service and of the relay take turns, so that what else the machine does strikes both. Where there are
 * fewer cores than processes, ratios are of processor time more than of anything else: it is printed beside them.
 */
import { benchFlowctl } from './flowctl.js';
import { benchReaders } from './many-readers.js';
import type { EndToEndReport } from './end-to-end-report.js';
import { Bench } from './processes/bench.js';
import { benchSessions } from './sessions.js';
import { benchStartUp } from './start-up.js';
import { benchStillReader } from './still-reader.js';
import { benchThroughput } from './throughput.js';
import { benchTip } from './tip.js';

export interface EndToEndPlan {
  /** In the range that a sample reads. */
  readonly ledgers: number;
  readonly samples: number;
  /** Numbers of readers at a time. */
  readonly readers: readonly number[];
  /** Ledgers followed as they close. */
  readonly tipLedgers: number;
  /** How long a reader stands still. */
  readonly stillMs: number;
  readonly startUps: number;
}

export async function benchEndToEnd(plan: EndToEndPlan, report: EndToEndReport): Promise<void> {
  const bench = await Bench.start(plan.ledgers);
  try {
    report.describe(await bench.sourceFacts());
    await benchThroughput(bench, plan, report);
    await benchReaders(bench, plan, report);
    await benchSessions(bench, plan, report);
    await benchFlowctl(bench, plan, report);
    await benchTip(bench, plan, report);
    await benchStillReader(bench, plan, report);
    await benchStartUp(bench, plan, report);
  } finally {
    await bench.stop();
  }
}
