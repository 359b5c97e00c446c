/** Reads {@link ActivityTotals} from the metrics themselves, so that heartbeats and /metrics never disagree. */
import type { Metrics } from '../ops/metrics.js';
import type { ActivityTotals } from './activity.js';

/** What prom-client's metrics offer beside the handles' own methods. */
interface ReadableMetric {
  get(): Promise<{ readonly values: readonly { readonly value: number }[] }>;
}

/** `openStreams`: ranges that are being read from the source now. */
export async function metricTotals({ of }: Metrics, openStreams: number): Promise<ActivityTotals> {
  const [rows, skipped, batches, bytes, ledgers, errors, currentLedger, tipLedger] = await Promise.all([
    total(of.contractsProcessed),
    total(of.entriesSkipped),
    total(of.batchesCreated),
    total(of.bytesProcessed),
    total(of.ledgersProcessed),
    total(of.processingErrors),
    total(of.currentLedger),
    total(of.tipLedger),
  ]);
  return { rows, skipped, batches, bytes, ledgers, errors, currentLedger, tipLedger, openStreams };
}

/** The sum over all series of a metric. */
async function total(metric: object): Promise<number> {
  if (!isReadable(metric)) throw new Error('a metric that cannot be read');
  const { values } = await metric.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

function isReadable(metric: object): metric is ReadableMetric {
  return 'get' in metric;
}
