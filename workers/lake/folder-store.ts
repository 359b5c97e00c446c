/** A data lake in a folder of the file system. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Allocate, ObjectStore } from './object-store.js';
import { storeRefuses, storeUnavailable } from './store-errors.js';

export class FolderStore implements ObjectStore {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async read(key: string, allocate: Allocate): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const path = join(this.path, key);
    try {
      const file = await open(path);
      try {
        return await contentOf(file, path, allocate);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw failure(path, error);
    }
  }

  /** Looks only where the first keys are: a lake has many folders with many files. */
  async firstKeys(limit: number): Promise<string[]> {
    const keys: string[] = [];
    for (const name of await names(this.path)) {
      if (keys.length >= limit) break;
      const path = join(this.path, name);
      const isFolder = await stat(path).then(
        (facts) => facts.isDirectory(),
        () => false,
      );
      if (!isFolder) keys.push(name);
      else for (const file of (await names(path)).slice(0, limit)) keys.push(`${name}/${file}`);
    }
    return keys.slice(0, limit);
  }

  close(): void {
    // A folder is not held open.
  }
}

async function names(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (isMissing(error)) throw storeRefuses(path, 'no such folder', error);
    throw failure(path, error);
  }
}

async function contentOf(file: FileHandle, path: string, allocate: Allocate): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await file.stat();
  const bytes = await allocate(size);
  let read = 0;
  while (read < size) {
    const { bytesRead } = await file.read(bytes, read, size - read, read);
    if (bytesRead === 0) throw storeUnavailable(path, `${size} bytes expected, the file ended after ${read}`);
    read += bytesRead;
  }
  return bytes;
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function failure(path: string, error: unknown): Error {
  const code = codeOf(error);
  if (code === undefined) return error as Error;
  const reason = error instanceof Error ? error.message : code;
  const isPermission = code === 'EACCES' || code === 'EPERM' || code === 'EISDIR';
  return isPermission ? storeRefuses(path, reason, error) : storeUnavailable(path, reason, error);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).syscall === undefined ? undefined : (error as NodeJS.ErrnoException).code;
}
