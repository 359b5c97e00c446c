/**
 * What flowctl costs the data path, whatever it does: a service that reports to a control plane far more often than usual,
 * against one that has nothing to do with flowctl. Samples take turns.
 */
import type { EndToEndPlan } from './end-to-end.js';
import type { EndToEndReport } from './end-to-end-report.js';
import type { Bench } from './processes/bench.js';
import { FLOWCTL_STATES, flowctlPlane } from './processes/flowctl-planes.js';
import type { ServiceProcess } from './processes/service.js';
import { spreadOf } from './spread.js';

const HEARTBEAT_INTERVAL = '100ms';

/** Until then code is being optimised. */
const WARM_UP_ROUNDS = 2;

export async function benchFlowctl(bench: Bench, plan: EndToEndPlan, report: EndToEndReport): Promise<void> {
  const planes = await Promise.all(FLOWCTL_STATES.map(flowctlPlane));
  const ways = [wayOf('without', await bench.service('ledgers'))];
  for (const [i, { address }] of planes.entries()) {
    const flags = ['--flowctl-enabled', '--flowctl-endpoint', address];
    const service = await bench.service('ledgers', [...flags, '--flowctl-heartbeat-interval', HEARTBEAT_INTERVAL]);
    ways.push(wayOf(FLOWCTL_STATES[i]!, service));
  }
  const reader = await bench.reader();
  for (let round = 1 - WARM_UP_ROUNDS; round <= plan.samples; round += 1) {
    for (const { service, rates } of ways) {
      const request = { address: service.address, startLedger: 1, endLedger: bench.ledgers };
      const { ledgers, elapsedMs } = await reader.ask(request);
      if (round > 0) rates.push((ledgers * 1000) / elapsedMs);
    }
  }
  reader.stop();
  const without = spreadOf(ways[0]!.rates).median;
  for (const { name, rates } of ways.slice(1)) {
    const ledgersPerSecond = spreadOf(rates);
    report.addFlowctl({ flowctl: name, ledgersPerSecond, ofWithout: ledgersPerSecond.median / without });
  }
  for (const { service } of ways) await service.stop();
  for (const plane of planes) plane.close();
}

interface Way {
  readonly name: string;
  readonly service: ServiceProcess;
  readonly rates: number[];
}

function wayOf(name: string, service: ServiceProcess): Way {
  return { name, service, rates: [] };
}
