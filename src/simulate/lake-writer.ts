/**
 * Writes generated ledgers as a data lake in a folder, as Galexie lays it out. Objects appear whole: each is written
 * beside its place and renamed. A lake that is there already is gone on with where it is of the same simulation, else it
 * is left alone.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compress, init } from '@bokuweb/zstd-wasm';
import { fileOf, firstLedgerOf, type LakeLayout, objectInput } from '../lake/lake-layout.js';
import { MANIFEST_KEY, manifestText } from '../lake/lake-manifest.js';
import { ledgerBatch } from '../../workers/ledger-batch.js';
import { ProcessorError } from '../../workers/errors.js';

export interface LakeToWrite {
  readonly directory: string;
  readonly layout: LakeLayout;
  readonly networkPassphrase: string;
  /** What the ledgers depend on: the same values give the same ledgers. */
  readonly identity: Readonly<Record<string, string | number>>;
  /** Ledgers to write, both inclusive. The first object is written whole, the last only if it is full. */
  readonly first: number;
  readonly last: number;
  /** Ledgers that close each second; 0: all have. */
  readonly ledgersPerSecond: number;
  readonly ledger: (sequence: number) => Uint8Array;
}

export interface WrittenObject {
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  /** It was there before. */
  readonly isOld: boolean;
}

/** Beside the manifest, which has no room for it. */
const IDENTITY_FILE = '.simulation.json';
/** A second start of the library would leave it without the memory that it writes to: objects would hold zeros. */
let started: Promise<void> | undefined;
/** Twice as fast as zstd's default, for a few percent of size. */
const ZSTD_LEVEL = 1;

/** The objects in their order, each when it is in its place. Ends early when `signal` is aborted. */
export async function* writeLake(
  lake: LakeToWrite,
  signal: AbortSignal,
): AsyncGenerator<WrittenObject, void, undefined> {
  await claimDirectory(lake);
  await (started ??= init());
  const { layout, last, ledgersPerSecond } = lake;
  const startedAt = performance.now();
  let closed = 0;
  for (let next = Math.max(lake.first, firstLedgerOf(layout)); ;) {
    const file = fileOf(layout, next);
    if (file.last > last || stopped(signal)) return;
    const { sequence: first } = objectInput(file, file.first, file.last);
    closed += file.last - first + 1;
    if (ledgersPerSecond > 0) {
      const waitMs = startedAt + (closed * 1000) / ledgersPerSecond - performance.now();
      await sleep(Math.max(0, waitMs), undefined, { signal }).catch(() => undefined);
    }
    if (stopped(signal)) return;
    const path = join(lake.directory, `${file.stem}.xdr.zst`);
    const before = await stat(path).catch(() => undefined);
    const bytes = before?.size ?? (await writeWhole(path, objectOf(lake, first, file.last)));
    yield { first, last: file.last, bytes, isOld: before !== undefined };
    next = file.last + 1;
  }
}

/** Looked up anew each time: it changes while we wait. */
function stopped(signal: AbortSignal): boolean {
  return signal.aborted;
}

function objectOf({ ledger }: LakeToWrite, first: number, last: number): Uint8Array {
  const ledgers = Array.from({ length: last - first + 1 }, (_, i) => ledger(first + i));
  return compress(Buffer.from(ledgerBatch(first, last, Buffer.concat(ledgers))), ZSTD_LEVEL);
}

/** Throws REQUEST_INVALID where the directory holds something else. */
async function claimDirectory({ directory, layout, networkPassphrase, identity }: LakeToWrite): Promise<void> {
  await mkdir(directory, { recursive: true });
  const manifest = manifestText(layout, networkPassphrase);
  const files: readonly (readonly [string, string])[] = [
    [MANIFEST_KEY, manifest],
    [IDENTITY_FILE, `${JSON.stringify({ v: 1, ...identity })}\n`],
  ];
  const isEmpty = (await readdir(directory)).length === 0;
  for (const [name, text] of files) {
    const path = join(directory, name);
    if (isEmpty) await writeFile(path, text);
    else if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) throw isOccupied(directory);
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.tmp`;
  try {
    await writeFile(beside, bytes);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  return bytes.byteLength;
}

function isOccupied(directory: string): ProcessorError {
  const message = `${directory}: an empty folder, or a lake of the same simulation expected, something else found`;
  return new ProcessorError('REQUEST_INVALID', message, { key: 'lake', file: directory });
}
