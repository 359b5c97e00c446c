/** The lake that a backfill reads, with the threads and the memory that it may use. */
import { PREFETCH_SHARE, RANGE_SHARE_BYTES } from '../config/backfill-config.js';
import type { BackfillConfig } from '../config/backfill-settings.js';
import { ProcessorError } from '../../workers/errors.js';
import { Lake } from '../lake/lake.js';
import type { LakeAddress } from '../lake/lake-url.js';
import type { Logger } from '../ops/logger.js';
import { Quarantine } from '../quarantine/quarantine.js';
import type { LedgerRange } from '../source/ledger-source.js';
import { MemoryShares } from '../stream/memory-shares.js';
import { growHeap } from './grow-heap.js';
import { LEDGERS_PER_TASK, RangeReader } from './range-reader.js';

export interface OpenedBackfill {
  readonly reader: RangeReader;
  readonly lake: Lake;
  close(): Promise<void>;
}

const BYTES_PER_MEGABYTE = 2 ** 20;

export async function openBackfill(
  address: LakeAddress,
  config: BackfillConfig,
  networkPassphrase: string,
  logger: Logger,
): Promise<OpenedBackfill> {
  const { sourceAccessKeyId: accessKeyId, sourceSecretAccessKey: secretAccessKey } = config;
  const isKeyed = accessKeyId !== undefined && secretAccessKey !== undefined;
  const memoryBytes = config.maxMemoryMb * BYTES_PER_MEGABYTE;
  growHeap();
  const lake = await Lake.open(address, {
    networkPassphrase,
    threads: config.workerCount,
    ledgersTogether: LEDGERS_PER_TASK,
    prefetchBytes: memoryBytes * PREFETCH_SHARE,
    keys: isKeyed ? { accessKeyId, secretAccessKey } : undefined,
    limits: { unpackedBytes: config.unpackedLimitBytes },
    gapRetries: config.sourceGapRetries,
    idleTimeoutMs: config.sourceIdleTimeoutMs,
    onThreadReplaced: (error) => logger.error({ code: error.code }, error.message),
  });
  const quarantine = new Quarantine({
    directory: config.quarantineDir,
    networkPassphrase,
    logger,
    onSetAside: () => undefined,
  });
  const memory = new MemoryShares(memoryBytes, RANGE_SHARE_BYTES);
  return {
    reader: new RangeReader({
      source: lake.source,
      pool: lake.pool,
      memory,
      quarantine,
      threads: config.workerCount,
    }),
    lake,
    close: async () => {
      lake.leave();
      await lake.pool.close();
    },
  };
}

/** Throws SOURCE_GAP where the lake has not come as far as the range. */
export async function refuseBeyondTip(lake: Lake, { endLedger }: LedgerRange): Promise<void> {
  const newest = await lake.newestLedger();
  if (newest >= endLedger) return;
  const message = `ledgers up to ${endLedger} expected in ${lake.url}, its newest is ${newest}`;
  throw new ProcessorError('SOURCE_GAP', message, { ledger: newest + 1, lastLedger: endLedger, file: lake.url });
}
