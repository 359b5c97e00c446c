import { open, type FileHandle } from 'node:fs/promises';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { ProcessorError } from '../../workers/errors.js';

/** Read from a file at once. */
const READ_BYTES = 256 * 1024;

/** The name of standard input among files. */
export const STANDARD_INPUT = '-';

export interface Input {
  /** Bytes; errors are ProcessorErrors. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Of a regular file. */
  readonly sizeBytes: number | undefined;
  /** Releases the file, and ends a read of it that is waiting. */
  close(): void;
}

/** Opens a file, or standard input for `-`. Throws ProcessorError INPUT_UNREADABLE. */
export async function openInput(file: string, standardInput: Readable = process.stdin): Promise<Input> {
  if (file === STANDARD_INPUT) return inputOf(file, standardInput, undefined);
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const stats = await handle.stat();
    if (stats.isDirectory()) throw isDirectory(file);
    return inputOf(
      file,
      handle.createReadStream({ highWaterMark: READ_BYTES }),
      stats.isFile() ? stats.size : undefined,
    );
  } catch (error) {
    await handle?.close();
    throw unreadable(file, error);
  }
}

function inputOf(file: string, stream: Readable, sizeBytes: number | undefined): Input {
  return { chunks: chunksOf(file, stream), sizeBytes, close: () => void stream.destroy() };
}

async function* chunksOf(file: string, stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): ProcessorError {
  if (error instanceof ProcessorError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return isDirectory(file);
  return inputError(file, REASONS[code] ?? `cannot be read: ${message}`, error);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission to read it is denied',
  EPERM: 'permission to read it is denied',
};

function isDirectory(file: string): ProcessorError {
  return inputError(file, 'a ledger file expected, a directory found; the replay command reads directories');
}

function inputError(file: string, detail: string, cause?: unknown): ProcessorError {
  return new ProcessorError('INPUT_UNREADABLE', `${file}: ${detail}`, { file }, cause);
}
