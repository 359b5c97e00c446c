/** A data lake opened for reading: its source, and the threads that fetch and decode what the source plans. */
import type { DecodeLimits } from '../../workers/decode.js';
import { ProcessorError } from '../../workers/errors.js';
import type { KeyPair } from '../../workers/lake/lake-location.js';
import { openStore, type ObjectStore } from '../../workers/lake/object-store.js';
import { hasCredentials } from '../../workers/lake/s3-store.js';
import type { HealthReporter } from '../ops/health.js';
import type { BackoffOptions } from '../source/backoff.js';
import type { SourceObserver } from '../source/source-observer.js';
import { LakeHealth } from './lake-health.js';
import { LakePool } from './lake-pool.js';
import { LakeSource } from './lake-source.js';
import { LakeTip } from './lake-tip.js';
import { type LakeAddress, locationWith } from './lake-url.js';
import { ObjectSizes } from './object-sizes.js';

export interface LakeOptions {
  readonly networkPassphrase: string;
  readonly threads: number;
  /** Bytes of objects fetched ahead of decoding, of all threads together. */
  readonly prefetchBytes: number;
  /** Instead of credentials found elsewhere. */
  readonly keys?: KeyPair | undefined;
  readonly limits?: DecodeLimits;
  /** How often an object that is missing below later ones is looked for again; default 5. */
  readonly gapRetries?: number;
  /** A store that sends nothing for so long has failed; default 60 s. */
  readonly idleTimeoutMs?: number;
  /** Decoding for a task that takes longer is given up; default 120 s. */
  readonly taskTimeoutMs?: number;
  /** Objects of so few ledgers that several go to a thread together are grouped up to multiples of this; default 1: none are. */
  readonly ledgersTogether?: number;
  /** Waits of a store that fails, and at the tip for the next ledger. */
  readonly backoff?: BackoffOptions;
  readonly health?: HealthReporter;
  readonly observer?: SourceObserver;
  readonly onThreadReplaced?: (error: ProcessorError) => void;
  readonly threadEntry?: URL;
}

const DEFAULTS = { gapRetries: 5, idleTimeoutMs: 60_000, taskTimeoutMs: 120_000 };
/** Ledgers close every five seconds or so: one is seen within two. */
const DEFAULT_BACKOFF: BackoffOptions = { firstMs: 250, maxMs: 2_000 };
/** While nobody reads, a lake is looked at so often, so that health knows. */
const WATCH_MS = 15_000;

export class Lake {
  readonly url: string;
  readonly source: LakeSource;
  readonly pool: LakePool;
  private readonly tip: LakeTip;
  private readonly store: ObjectStore;
  private readonly health: LakeHealth;
  private readonly watch: NodeJS.Timeout;

  private constructor(
    url: string,
    store: ObjectStore,
    tip: LakeTip,
    health: LakeHealth,
    pool: LakePool,
    sizes: ObjectSizes,
    ledgersTogether: number,
  ) {
    this.url = url;
    this.store = store;
    this.tip = tip;
    this.health = health;
    this.pool = pool;
    this.source = new LakeSource(tip, sizes, health, ledgersTogether);
    this.watch = setInterval(() => void this.look(), WATCH_MS).unref();
  }

  /** Resolves when it is known how to read the lake, not whether it can be reached: that is for {@link look}. */
  static async open(address: LakeAddress, options: LakeOptions): Promise<Lake> {
    const { networkPassphrase, threads, backoff = DEFAULT_BACKOFF, limits, observer, onThreadReplaced } = options;
    const { gapRetries, idleTimeoutMs, taskTimeoutMs } = { ...DEFAULTS, ...given(options) };
    const { url } = address;
    const wanted = locationWith(options.keys, address);
    const location =
      wanted.kind === 'bucket' && wanted.access === 'found' && !(await hasCredentials(wanted))
        ? { ...wanted, access: 'unsigned' as const }
        : wanted;
    const store = openStore(location, { idleTimeoutMs });
    const health = new LakeHealth(options.health, observer);
    const sizes = new ObjectSizes();
    const tip = new LakeTip({ store, url, networkPassphrase, layout: address.layout, backoff, health });
    const pool = new LakePool({
      threads,
      thread: {
        location,
        idleTimeoutMs,
        gapRetries,
        retryWaitMs: backoff.firstMs,
        prefetchBytes: Math.ceil(options.prefetchBytes / threads),
        ...(limits !== undefined && { limits }),
      },
      taskTimeoutMs,
      backoff,
      sizes,
      health,
      ...(observer !== undefined && { observer }),
      ...(onThreadReplaced !== undefined && { onThreadReplaced }),
      ...(options.threadEntry !== undefined && { entry: options.threadEntry }),
    });
    return new Lake(url, store, tip, health, pool, sizes, options.ledgersTogether ?? 1);
  }

  /** The newest ledger, looked up now; 0 where the lake has none yet. Throws what keeps it from being known. */
  async newestLedger(): Promise<number> {
    await this.tip.look();
    return this.tip.state?.newest ?? 0;
  }

  /** Looks whether the lake can be reached, and tells health. */
  async look(): Promise<void> {
    try {
      await this.tip.look();
      this.health.worked('listing');
    } catch (error) {
      if (!(error instanceof ProcessorError)) throw error;
      this.health.failed('listing', error, WATCH_MS);
    }
  }

  /** Looks no more; the pool is closed by itself, when the last task is done. */
  leave(): void {
    clearInterval(this.watch);
    this.store.close();
  }
}

/** Those of the optional numbers that are given. */
function given({ gapRetries, idleTimeoutMs, taskTimeoutMs }: LakeOptions): Partial<typeof DEFAULTS> {
  return {
    ...(gapRetries !== undefined && { gapRetries }),
    ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
    ...(taskTimeoutMs !== undefined && { taskTimeoutMs }),
  };
}
