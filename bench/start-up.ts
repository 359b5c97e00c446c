/** From starting the process to the first /ready that answers 200. */
import type { EndToEndPlan } from './end-to-end.js';
import type { EndToEndReport } from './end-to-end-report.js';
import type { Bench } from './processes/bench.js';
import { spreadOf } from './spread.js';

export async function benchStartUp(bench: Bench, plan: EndToEndPlan, report: EndToEndReport): Promise<void> {
  const times: number[] = [];
  // The first start reads the program from disk.
  for (let i = 0; i <= plan.startUps; i += 1) {
    const startedAt = performance.now();
    const service = await bench.service('ledgers');
    while (!(await service.isReady())) await new Promise((resolve) => setTimeout(resolve, 2));
    if (i > 0) times.push(performance.now() - startedAt);
    await service.stop();
  }
  report.addStartUp(spreadOf(times));
}
