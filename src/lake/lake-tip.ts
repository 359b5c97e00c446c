/**
 * The newest ledger of a data lake, and its layout: found out once for all streams, and listed again for those that have
 * come to its end, at first soon and then less and less often.
 *
 * A store that is away is waited for without limit; health shows it. What does not pass (another network, no permission)
 * is thrown to whoever asks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { asProcessorError, ProcessorError } from '../../workers/errors.js';
import type { ObjectStore } from '../../workers/lake/object-store.js';
import { backoffMs, type BackoffOptions } from '../source/backoff.js';
import type { LakeHealth } from './lake-health.js';
import { type LakeLayout, layoutOfKey, ledgersOfKey } from './lake-layout.js';
import { type LakeManifest, MANIFEST_KEY, parseManifest } from './lake-manifest.js';

export interface LakeTipOptions {
  readonly store: ObjectStore;
  /** The lake's name in errors. */
  readonly url: string;
  readonly networkPassphrase: string;
  /** Where it is given; the lake's own manifest is not asked then. */
  readonly layout: LakeLayout | undefined;
  /** Waits for a next ledger, and between attempts. */
  readonly backoff: BackoffOptions;
  readonly health: LakeHealth;
  readonly random?: () => number;
}

export interface LakeState {
  readonly layout: LakeLayout;
  /** The newest ledger known; 0 where there is none yet. */
  readonly newest: number;
}

/** `.config.json` sorts before the objects, and so may other files of whoever keeps the lake. */
const KEYS_LISTED = 50;

export class LakeTip {
  private readonly options: LakeTipOptions;
  private known: LakeState | undefined;
  private manifest: LakeManifest | 'none' | undefined;
  private looking: Promise<void> | undefined;
  private lookedAt = -Infinity;

  constructor(options: LakeTipOptions) {
    this.options = options;
  }

  /** As far as is known. */
  get state(): LakeState | undefined {
    return this.known;
  }

  /** Resolves when the lake has `ledger`, or with undefined when `signal` is aborted before. */
  async reach(ledger: number, signal: AbortSignal): Promise<LakeState | undefined> {
    const { backoff, health, random = Math.random } = this.options;
    for (let looks = 0; !signal.aborted; looks += 1) {
      if (this.known !== undefined && this.known.newest >= ledger) return this.known;
      const waitMs = backoffMs(looks, backoff, random);
      try {
        await this.look();
        health.worked('listing');
        if (this.known !== undefined && this.known.newest >= ledger) continue;
      } catch (thrown) {
        const error = asProcessorError(thrown);
        health.failed('listing', error, waitMs);
        if (!error.facts.retryable) throw error;
      }
      // An abort ends the wait; the loop looks at the signal.
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }

  /** Looks at the lake now, unless that is under way or was just done. Throws what the store throws. */
  look(): Promise<void> {
    if (performance.now() - this.lookedAt < this.options.backoff.firstMs / 2) return Promise.resolve();
    this.looking ??= this.lookNow().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    const { store, layout: given } = this.options;
    const manifest = this.manifest ?? (await this.readManifest());
    const keys = await store.firstKeys(KEYS_LISTED);
    const key = keys.find((candidate) => ledgersOfKey(candidate) !== undefined);
    // A lake that has neither manifest nor objects yet may get both.
    if (manifest !== undefined || key !== undefined) this.manifest = manifest ?? 'none';
    const said = typeof manifest === 'object' ? manifest.layout : undefined;
    const layout = given ?? said ?? (key === undefined ? undefined : layoutOfKey(key));
    this.lookedAt = performance.now();
    if (layout === undefined) return;
    const newest = key === undefined ? 0 : ledgersOfKey(key)!.last;
    this.known = { layout, newest: Math.max(newest, this.known?.newest ?? 0) };
  }

  private async readManifest(): Promise<LakeManifest | undefined> {
    const { store, url, networkPassphrase } = this.options;
    const bytes = await store.read(MANIFEST_KEY, (size) => Promise.resolve(new Uint8Array(size)));
    if (bytes === undefined) return undefined;
    const manifest = parseManifest(Buffer.from(bytes).toString('utf8'), `${url}: ${MANIFEST_KEY}`);
    const said = manifest.networkPassphrase;
    if (said !== undefined && said !== networkPassphrase) {
      const message = `${url}: ledgers of the network "${networkPassphrase}" expected, its ${MANIFEST_KEY} says "${said}"`;
      throw new ProcessorError('PASSPHRASE_MISMATCH', message, { file: url });
    }
    return manifest;
  }
}
