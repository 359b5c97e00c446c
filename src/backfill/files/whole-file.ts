/** Files that appear whole or not at all: written beside their place, flushed to the disk, and renamed. */
import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ProcessorError } from '../../../workers/errors.js';

const BESIDE = '.tmp';

export interface WrittenFile {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/**
 * Each chunk is written before the next one is asked for. Where something fails, nothing is left. Throws OUTPUT_FAILED
 * where the file cannot be written; what `chunks` throws is passed on.
 */
export async function writeWholeFile(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<WrittenFile> {
  const beside = `${path}.${randomUUID()}${BESIDE}`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const file = await written(path, open(beside, 'wx'));
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        await written(path, file.writeFile(chunk));
        bytes += chunk.byteLength;
      }
      await written(path, file.sync());
    } finally {
      await written(path, file.close());
    }
    await written(path, rename(beside, path));
    await written(path, syncDirectory(dirname(path)));
  } catch (error) {
    // What kept the file from being written may keep this from working, too: the next run removes it then.
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Removes what a process left that was killed while it wrote. */
export async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await written(directory, readdir(directory))) {
    const path = join(directory, name);
    if (name.endsWith(BESIDE)) await written(path, rm(path));
  }
}

/** What to do about a failure, by its name in errno(3). */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, or use another folder',
  EDQUOT: "this user's quota of the disk is used up: make room, or use another folder",
  EACCES: 'this user has no right to write there: give it the right, or use another folder',
  EPERM: 'the system forbids it: use another folder',
  EROFS: 'the disk is mounted for reading only: use another folder',
};

/** A full disk, a missing right: the user's to mend. */
export function cannotWrite(path: string, cause: unknown): ProcessorError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = REMEDIES[(cause as NodeJS.ErrnoException).code ?? ''] ?? 'mend that, or use another folder';
  const message =
    `--out: ${path} cannot be written: ${reason}; ${remedy}. ` +
    'In the same folder the same command makes only the ranges that are missing';
  return new ProcessorError('OUTPUT_FAILED', message, { key: 'out', file: path }, cause);
}

/** What `work` on a file of the output gives; its failure is told by {@link cannotWrite}. */
export async function written<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** A rename outlasts a crash of the machine once its folder is on the disk (fsync(2)). */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
