import { ProcessorError } from '../errors.js';
import { damagedZstd, frames, type Frame } from './zstd-frame.js';
import { loadZstd, type ZstdModule } from './zstd-module.js';

/**
 * A thread keeps at most this much memory for unpacking between calls. More is dropped after use: to start anew takes
 * 2 ms, to unpack what needed so much takes 20 ms or more.
 */
const KEPT_MEMORY_BYTES = 32 * 1024 * 1024;

/** Those codes of zstd_errors.h that decompression gives. */
const ZSTD_ERRORS: Readonly<Record<number, string>> = {
  1: 'generic error',
  10: 'unknown frame',
  14: 'unsupported parameter',
  16: 'window too large',
  20: 'corrupted block',
  22: 'checksum does not match',
  30: 'corrupted dictionary',
  32: 'wrong dictionary',
  64: 'out of memory',
  70: 'content larger than its headers say',
  72: 'wrong size of input',
};
const CONTENT_TOO_LARGE = -70;

/** A loaded library with one buffer, which grows to what the largest call needed. */
class Unpacker {
  private readonly zstd: ZstdModule = loadZstd();
  private readonly context = this.zstd._ZSTD_createDCtx();
  private buffer = 0;
  private bufferBytes = 0;

  get memoryBytes(): number {
    return this.zstd.HEAPU8.length;
  }

  /** Unpacks all `parts` of `bytes` one behind the other; the result is a view that the next call overwrites. */
  unpack(bytes: Uint8Array, parts: readonly Frame[], capacity: number, maxBytes: number): Uint8Array<ArrayBuffer> {
    const from = this.reserve(bytes.length + capacity);
    const to = from + bytes.length;
    this.zstd.HEAPU8.set(bytes, from);
    let length = 0;
    for (const { start, end } of parts) {
      const result = this.zstd._ZSTD_decompress_usingDict(
        this.context,
        to + length,
        capacity - length,
        from + start,
        end - start,
        0,
        0,
      );
      if (result === CONTENT_TOO_LARGE && capacity === maxBytes) throw aboveLimit(`more than ${maxBytes}`, maxBytes);
      if (result < 0) throw damagedZstd(start, `${ZSTD_ERRORS[-result] ?? `error ${-result}`} in this frame`);
      length += result;
    }
    return this.zstd.HEAPU8.subarray(to, to + length);
  }

  private reserve(bytes: number): number {
    if (bytes > this.bufferBytes) {
      this.zstd._free(this.buffer);
      this.bufferBytes = 0;
      this.buffer = this.zstd._malloc(bytes);
      if (this.buffer === 0) throw new ProcessorError('UNPACK_LIMIT', `no memory to unpack zstd data: ${bytes} bytes`);
      this.bufferBytes = bytes;
    }
    return this.buffer;
  }
}

let unpacker: Unpacker | undefined;

/**
 * Unpacks zstd data (RFC 8878: any number of frames, skippable ones among them, checksums verified) of at most
 * `maxBytes` content. The result is a view on this thread's memory for unpacking: **the next call overwrites it**.
 *
 * What headers declare is refused before memory is allocated. Frames that declare nothing get what their blocks can
 * hold, but never more than `maxBytes`; together with `bytes` themselves that is all the memory there is.
 */
export function unpackZstd(bytes: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  const parts = frames(bytes);
  const declaredBytes = parts.reduce((sum, part) => sum + (part.contentBytes ?? 0), 0);
  if (declaredBytes > maxBytes) throw aboveLimit(String(declaredBytes), maxBytes);
  const boundBytes = parts.reduce((sum, part) => sum + part.maxBytes, 0);

  const current = (unpacker ??= new Unpacker());
  try {
    return current.unpack(bytes, parts, Math.min(boundBytes, maxBytes), maxBytes);
  } finally {
    if (current.memoryBytes > KEPT_MEMORY_BYTES) unpacker = undefined;
  }
}

function aboveLimit(found: string, maxBytes: number): ProcessorError {
  return new ProcessorError('UNPACK_LIMIT', `zstd data: content of at most ${maxBytes} bytes expected, ${found} found`);
}
