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

/** Each chunk is written before the next one is asked for. Where something fails, nothing is left. */
export async function writeWholeFile(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<WrittenFile> {
  const beside = `${path}.${randomUUID()}${BESIDE}`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const file = await open(beside, 'wx');
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        await file.writeFile(chunk);
        bytes += chunk.byteLength;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(beside, { force: true });
    throw isOfTheSystem(error) ? cannotWrite(path, error) : error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Removes what a process left that was killed while it wrote. */
export async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) if (name.endsWith(BESIDE)) await rm(join(directory, name));
}

/** A full disk, a missing right: the user's to mend. */
export function cannotWrite(path: string, cause: unknown): ProcessorError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProcessorError(
    'REQUEST_INVALID',
    `--out: ${path} cannot be written: ${reason}`,
    { key: 'out', file: path },
    cause,
  );
}

function isOfTheSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
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
