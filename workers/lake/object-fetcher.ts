/**
 * Fetches objects of a data lake, and tries again: a store that fails a few times, with waits that double; an object that
 * is not there as often as gaps are asked for. What does not help by then is for the main thread to decide.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessorError } from '../errors.js';
import type { LakeThreadOptions, ObjectInput } from './lake-task.js';
import type { ObjectStore } from './object-store.js';
import type { Prefetch } from './prefetch.js';

export interface FetchedObject {
  /** Whole, with its suffix. */
  readonly key: string;
  /** To be given back with {@link ObjectFetcher.release}. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Of current lakes, and of older ones. The suffix found last is tried first. */
const SUFFIXES = ['.xdr.zst', '.xdr.zstd', '.xdr.gz'] as const;
const ATTEMPTS = 4;

export class ObjectFetcher {
  private readonly store: ObjectStore;
  private readonly prefetch: Prefetch;
  private readonly options: Pick<LakeThreadOptions, 'gapRetries' | 'retryWaitMs'>;
  private suffixes: readonly string[] = SUFFIXES;

  constructor(store: ObjectStore, prefetch: Prefetch, options: Pick<LakeThreadOptions, 'gapRetries' | 'retryWaitMs'>) {
    this.store = store;
    this.prefetch = prefetch;
    this.options = options;
  }

  /** Throws SOURCE_GAP for an object that is not there, SOURCE_UNAVAILABLE and SOURCE_REFUSED as the store does. */
  async fetch(input: ObjectInput): Promise<FetchedObject> {
    let failures = 0;
    let missing = 0;
    for (;;) {
      try {
        const object = await this.find(input.stem);
        if (object !== undefined) return object;
        missing += 1;
      } catch (error) {
        failures += 1;
        const passes = error instanceof ProcessorError && error.code === 'SOURCE_UNAVAILABLE';
        if (!passes || failures === ATTEMPTS) throw error;
      }
      if (missing > this.options.gapRetries) throw missingObject(input, missing);
      await this.pause(failures + missing);
    }
  }

  release({ bytes }: FetchedObject): void {
    this.prefetch.release(bytes.byteLength);
  }

  /** Waits before attempt `number`, from 1. */
  async pause(number: number): Promise<void> {
    const most = this.options.retryWaitMs * 2 ** (number - 1);
    // Spread, so that threads and machines do not come in step.
    await sleep((most * (1 + Math.random())) / 2);
  }

  private async find(stem: string): Promise<FetchedObject | undefined> {
    for (const suffix of this.suffixes) {
      const key = stem + suffix;
      const bytes = await this.read(key);
      if (bytes === undefined) continue;
      if (suffix !== this.suffixes[0]) this.suffixes = [suffix, ...SUFFIXES.filter((other) => other !== suffix)];
      return { key, bytes };
    }
    return undefined;
  }

  private async read(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let heldBytes = 0;
    try {
      return await this.store.read(key, async (bytes) => {
        const memory = await this.prefetch.allocate(bytes);
        heldBytes = bytes;
        return memory;
      });
    } catch (error) {
      this.prefetch.release(heldBytes);
      throw error;
    }
  }
}

function missingObject({ stem, firstLedger, lastLedger }: ObjectInput, attempts: number): ProcessorError {
  const what = firstLedger === lastLedger ? `ledger ${firstLedger} is` : `ledgers ${firstLedger} to ${lastLedger} are`;
  return new ProcessorError(
    'SOURCE_GAP',
    `${what} missing from the data lake, which has later ones: there is no object ${stem}${SUFFIXES[0]} ` +
      `(nor ${SUFFIXES.slice(1).join(' or ')}), looked for ${attempts} times`,
    { ledger: firstLedger, lastLedger, file: stem + SUFFIXES[0] },
  );
}
