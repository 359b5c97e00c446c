import { Decompress } from 'fzstd';
import xxhash from 'xxhash-wasm';
import { ProcessorError } from '../../workers/errors.js';
import {
  BLOCK_HEADER_BYTES,
  damagedZstd,
  FRAME_HEADER_MAX_BYTES,
  type FrameHeader,
  readBlockHeader,
  readFrameHeader,
} from '../../workers/unpack/zstd-frame.js';
import type { ByteQueue } from './byte-queue.js';

/** Largest window that is unpacked, as of the zstd command (`--long=27`). It is the memory that a stream needs. */
const WINDOW_MAX_BYTES = 128 * 1024 * 1024;

/**
 * Unpacks zstd data of any length as a stream, a block of at most 128 KiB content at a time, so that memory is bounded
 * by the window. fzstd gets each frame for itself, one block at a call: given more at once it would hold all their
 * content, and 4 bytes may hold 128 KiB. It ignores checksums, so the content's own (the low 4 bytes of its XXH64, RFC
 * 8878, 3.1.1) is taken here. A chunk is given before its frame has been verified: whoever takes it fails at the end.
 */
export async function* zstdChunks(packed: ByteQueue): AsyncGenerator<Uint8Array, void, undefined> {
  while ((await packed.fill(1)) > 0) {
    const start = packed.offset;
    const header = readFrameHeader(await packed.peek(FRAME_HEADER_MAX_BYTES), 0, start);
    if (header.kind === 'frame') {
      yield* frameChunks(packed, header);
    } else if ((await packed.skip(header.frameBytes)) < header.frameBytes) {
      throw damagedZstd(start, `truncated skippable frame: ${header.frameBytes} bytes expected`);
    }
  }
}

async function* frameChunks(packed: ByteQueue, header: FrameHeader): AsyncGenerator<Uint8Array, void, undefined> {
  const start = packed.offset;
  if (header.windowBytes > WINDOW_MAX_BYTES) {
    const detail = `window of at most ${WINDOW_MAX_BYTES} bytes expected, ${header.windowBytes} found`;
    throw new ProcessorError('UNPACK_LIMIT', `zstd data, byte ${start}: ${detail}`);
  }
  const content: Uint8Array[] = [];
  const frame = new Decompress((chunk) => content.push(chunk));
  const push = (bytes: Uint8Array, offset: number, last: boolean): void => {
    try {
      frame.push(bytes, last);
    } catch (error) {
      throw damagedZstd(offset, `corrupted block: ${(error as Error).message}`, error);
    }
  };

  push(await packed.take(header.headerBytes), start, false);
  const checksum = header.checksumBytes > 0 ? (await xxhash()).create64() : undefined;
  let contentBytes = 0;
  for (let last = false; !last;) {
    const offset = packed.offset;
    const blockHeader = await packed.take(BLOCK_HEADER_BYTES);
    const block = readBlockHeader(blockHeader, 0, header, offset);
    const length = block.dataBytes + (block.last ? header.checksumBytes : 0);
    const data = await packed.take(length);
    if (data.length < length) {
      throw damagedZstd(offset, `truncated block: ${length} bytes expected, ${data.length} left`);
    }
    // In two pieces: of a piece that ends with its block fzstd 0.1.1 keeps a reference until the end of the frame.
    push(blockHeader, offset, false);
    push(data, offset, block.last);
    for (const chunk of content.splice(0)) {
      contentBytes += chunk.length;
      checksum?.update(chunk);
      yield chunk;
    }
    last = block.last;
    if (last && checksum !== undefined) checkSum(data, length - header.checksumBytes, checksum.digest(), start);
  }
  if (header.contentBytes !== undefined && header.contentBytes !== contentBytes) {
    throw damagedZstd(start, `content of ${header.contentBytes} bytes declared, ${contentBytes} found`);
  }
}

/** `at` is where the frame's checksum stands in `data`; `found` is the XXH64 of its content. */
function checkSum(data: Uint8Array, at: number, found: bigint, start: number): void {
  const expected = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(at, true);
  const low = Number(BigInt.asUintN(32, found));
  if (expected !== low) {
    throw damagedZstd(start, `content with checksum ${hex32(expected)} expected, ${hex32(low)} found`);
  }
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
