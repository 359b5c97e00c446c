/** What holds the objects of a data lake: a folder or a bucket. Keys are relative to the lake. */
import { FolderStore } from './folder-store.js';
import type { LakeLocation } from './lake-location.js';
import { S3Store } from './s3-store.js';

/** Gives memory for so many bytes, as soon as there is some. */
export type Allocate = (bytes: number) => Promise<Uint8Array<ArrayBuffer>>;

export interface ObjectStore {
  /**
   * The bytes of an object, in memory from `allocate`, or undefined where there is no such object. Throws
   * SOURCE_UNAVAILABLE for what may pass, SOURCE_REFUSED for what does not.
   */
  read(key: string, allocate: Allocate): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The first keys in the order of their bytes, at most `limit`. Throws as {@link read} does. */
  firstKeys(limit: number): Promise<string[]>;
  close(): void;
}

export interface StoreOptions {
  /** A store that sends nothing for so long has failed. */
  readonly idleTimeoutMs: number;
}

export function openStore(location: LakeLocation, options: StoreOptions): ObjectStore {
  switch (location.kind) {
    case 'folder':
      return new FolderStore(location.path);
    case 'bucket':
      return new S3Store(location, options);
  }
}
