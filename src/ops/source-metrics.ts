/** What sources tell, in metrics. Their states are gauges, to be sampled from the sources themselves. */
import type { SourceObserver } from '../source/source-observer.js';
import type { Metrics } from './metrics.js';

export function sourceMetrics({ of }: Metrics): SourceObserver {
  return {
    received(ledgers, bytes) {
      of.sourceReceivedLedgers.inc(ledgers);
      of.sourceReceivedBytes.inc(bytes);
    },
    repeated(ledgers) {
      of.sourceDuplicates.inc(ledgers);
    },
    reconnecting(reason) {
      of.sourceReconnects.inc({ reason });
    },
  };
}
