/** The service's own count of rows sent, as Prometheus would read it. */
import { METRICS } from '../ops/metric-table.js';

/** Reads /metrics at `healthPort` of this machine. */
export async function sentRows(healthPort: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${healthPort}/metrics`);
  const { name } = METRICS.flightRecordsStreamed;
  const line = (await response.text()).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}
