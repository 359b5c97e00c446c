/** Data lakes for tests: names by the grammar of SEP-54, written out here once more, and batches packed by zstd. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Cleanup } from '../service/cleanup.js';
import { packedWithoutSize } from '../support/zstd.js';

export interface Layout {
  readonly ledgersPerFile: number;
  readonly filesPerPartition: number;
}

export interface LakeFolder {
  readonly path: string;
  /** As SOURCE names it. */
  readonly url: string;
  /** Puts an object in its place at once; returns its key. */
  put(key: string, bytes: Uint8Array): string;
  remove(key: string): void;
}

export function lakeFolder(cleanup: Cleanup): LakeFolder {
  const path = mkdtempSync(join(tmpdir(), 'lake-'));
  cleanup.after(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    url: `file://${path}`,
    put(key, bytes) {
      const file = join(path, key);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, bytes);
      renameSync(`${file}.new`, file);
      return key;
    },
    remove: (key) => rmSync(join(path, key)),
  };
}

/** Key of the object that holds a ledger. */
export function keyOf(ledger: number, { ledgersPerFile, filesPerPartition }: Layout, suffix = 'xdr.zst'): string {
  const inverse = (n: number): string => (0xffff_ffffn - BigInt(n)).toString(16).toUpperCase().padStart(8, '0');
  const first = Math.floor(ledger / ledgersPerFile) * ledgersPerFile;
  const size = ledgersPerFile * filesPerPartition;
  const partition = Math.floor(ledger / size) * size;
  const folder = filesPerPartition > 1 ? `${inverse(partition)}--${partition}-${partition + size - 1}/` : '';
  const end = ledgersPerFile > 1 ? `-${first + ledgersPerFile - 1}` : '';
  return `${folder}${inverse(first)}--${first}${end}.${suffix}`;
}

/** LedgerCloseMetaBatch: both sequences, the count, the ledgers. */
export function batchOf(first: number, ledgers: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(first, 0);
  head.writeUInt32BE(first + ledgers.length - 1, 4);
  head.writeUInt32BE(ledgers.length, 8);
  return Buffer.concat([head, ...ledgers]);
}

/** An object as lakes have it: one zstd frame that does not declare its size. */
export function objectOf(first: number, ledgers: readonly Uint8Array[]): Buffer {
  return packedWithoutSize(batchOf(first, ledgers));
}

/** The objects of the ledgers `first` to `last`, by key; of several ledgers in an object all are whole. */
export function objectsOf(
  first: number,
  last: number,
  layout: Layout,
  ledger: (sequence: number) => Uint8Array,
): Map<string, Buffer> {
  const objects = new Map<string, Buffer>();
  for (let next = first; next <= last;) {
    const end = Math.floor(next / layout.ledgersPerFile) * layout.ledgersPerFile + layout.ledgersPerFile - 1;
    const ledgers = Array.from({ length: end - next + 1 }, (_, i) => ledger(next + i));
    objects.set(keyOf(next, layout), objectOf(next, ledgers));
    next = end + 1;
  }
  return objects;
}

/** `.config.json` as Galexie writes it. */
export function manifestOf({ ledgersPerFile, filesPerPartition }: Layout, networkPassphrase: string): Buffer {
  return Buffer.from(
    `{"networkPassphrase":${JSON.stringify(networkPassphrase)},"version":"1.0","compression":"zstd",` +
      `"ledgersPerBatch":${ledgersPerFile},"batchesPerPartition":${filesPerPartition}}`,
  );
}
