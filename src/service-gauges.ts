/** What metrics say of memory, threads and the source: read from them whenever someone looks. */
import type { ServeConfig } from './config/serve-settings.js';
import { BusyShare } from './ops/busy-share.js';
import type { Metrics } from './ops/metrics.js';
import type { ServiceSource } from './service-source.js';
import type { MemoryShares } from './stream/memory-shares.js';

export function sampleGauges(
  metrics: Metrics,
  config: ServeConfig,
  parts: {
    readonly memory: MemoryShares;
    readonly pool: ServiceSource['pool'];
    readonly source: ServiceSource['source'];
  },
): void {
  const { of } = metrics;
  of.memoryLimit.set(parts.memory.capacityBytes);
  of.workerThreads.set(config.workerCount);
  const workersBusy = new BusyShare(() => parts.pool.busyMs, config.workerCount);
  metrics.beforeScrape(() => of.workerUtilisation.set(workersBusy.take()));
  metrics.beforeRead(() => {
    const { rawBytes, usedBytes } = parts.memory;
    const inPool = Math.min(rawBytes, parts.pool.bytesInFlight);
    of.queuedBytes.set({ stage: 'source' }, rawBytes - inPool);
    of.queuedBytes.set({ stage: 'pool' }, inPool);
    of.queuedBytes.set({ stage: 'stream' }, usedBytes - rawBytes);
    const states = parts.source.openStreams.map(({ state }) => state.kind);
    for (const state of ['connecting', 'streaming', 'waiting'] as const) {
      of.sourceConnections.set({ state }, states.filter((kind) => kind === state).length);
    }
  });
}
