/**
 * The outer structure of zstd data (RFC 8878, 3.1), read without unpacking anything:
 *
 *   data  = (frame | skippable)…
 *   frame = magic, descriptor, [window], [dictionary id], [content size], block…, [checksum]
 *   block = 3-byte header (last, type, size), size bytes
 *
 * It tells where frames end and how much they can hold, so that a bound is checked before memory is allocated. Every
 * function takes the data's own offset `base`, for messages, where `bytes` is only a part of the data.
 */
import { ProcessorError } from '../errors.js';
import { isSkippableMagic, littleEndianWord, ZSTD_MAGIC } from './compression.js';

/** Longest frame header: magic 4, descriptor 1, window 1, dictionary id 4, content size 8. */
export const FRAME_HEADER_MAX_BYTES = 18;
export const BLOCK_HEADER_BYTES = 3;

/** Most bytes that any block regenerates. */
const BLOCK_MAX_BYTES = 128 * 1024;

export interface SkippableHeader {
  readonly kind: 'skippable';
  /** Of the whole frame. */
  readonly frameBytes: number;
}

export interface FrameHeader {
  readonly kind: 'frame';
  readonly headerBytes: number;
  /** The declared size of the content, where there is one. Not to be trusted. */
  readonly contentBytes: number | undefined;
  /** How far back blocks may refer. Not to be trusted. */
  readonly windowBytes: number;
  /** Block_Maximum_Size: most bytes that one block of this frame regenerates. */
  readonly blockMaxBytes: number;
  /** 0 or 4. */
  readonly checksumBytes: number;
}

export interface Block {
  readonly last: boolean;
  /** Bytes behind the block header. */
  readonly dataBytes: number;
  /** Bytes the block regenerates: exact for raw and RLE blocks, otherwise the most they can be. */
  readonly maxBytes: number;
}

/** A frame with content in a buffer. */
export interface Frame {
  readonly start: number;
  /** Exclusive, behind the checksum. */
  readonly end: number;
  readonly contentBytes: number | undefined;
  /** The declared size, otherwise the sum over the blocks: the content is not larger. */
  readonly maxBytes: number;
}

/** The error of damaged zstd data; `offset` is in the compressed bytes. */
export function damagedZstd(offset: number, detail: string, cause?: unknown): ProcessorError {
  return new ProcessorError('UNPACK_FAILED', `zstd data, byte ${offset}: ${detail}`, {}, cause);
}

/** The frames with content in `bytes`, which must be whole. Skippable frames are passed over. */
export function frames(bytes: Uint8Array): Frame[] {
  const found: Frame[] = [];
  let p = 0;
  while (p < bytes.length) {
    const header = readFrameHeader(bytes, p);
    if (header.kind === 'frame') {
      const frame = walkFrame(bytes, p, header);
      found.push(frame);
      p = frame.end;
    } else {
      need(bytes, p, header.frameBytes, 0, 'skippable frame');
      p += header.frameBytes;
    }
  }
  return found;
}

/** Reads the header of the frame at `p`. */
export function readFrameHeader(bytes: Uint8Array, p: number, base = 0): FrameHeader | SkippableHeader {
  need(bytes, p, 5, base, 'frame header');
  const magic = littleEndianWord(bytes, p);
  if (isSkippableMagic(magic)) {
    need(bytes, p, 8, base, 'skippable frame header');
    return { kind: 'skippable', frameBytes: 8 + littleEndianWord(bytes, p + 4) };
  }
  if (magic !== ZSTD_MAGIC) {
    throw damagedZstd(base + p, `magic number 28b52ffd of a frame expected, ${hex(bytes.subarray(p, p + 4))} found`);
  }
  const descriptor = bytes[p + 4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const headerBytes = 5 + windowBytes + dictionaryBytes + sizeBytes;
  need(bytes, p, headerBytes, base, 'frame header');
  if ((descriptor & 0x08) !== 0) throw damagedZstd(base + p + 4, 'the reserved bit of the frame header is set');

  const dictionary = littleEndian(bytes, p + 5 + windowBytes, dictionaryBytes);
  if (dictionary !== 0) throw damagedZstd(base + p, `packed with dictionary ${dictionary}, which is not supported`);
  const size = littleEndian(bytes, p + headerBytes - sizeBytes, sizeBytes);
  const contentBytes = sizeBytes === 0 ? undefined : sizeBytes === 2 ? size + 256 : size;
  const window = contentBytes !== undefined && isSingleSegment ? contentBytes : windowSize(bytes[p + 5]!);
  return {
    kind: 'frame',
    headerBytes,
    contentBytes,
    windowBytes: window,
    blockMaxBytes: Math.min(window, BLOCK_MAX_BYTES),
    checksumBytes: (descriptor & 0x04) === 0 ? 0 : 4,
  };
}

/** Reads the block header at `p`. */
export function readBlockHeader(bytes: Uint8Array, p: number, header: FrameHeader, base = 0): Block {
  need(bytes, p, BLOCK_HEADER_BYTES, base, 'block header');
  const word = littleEndian(bytes, p, BLOCK_HEADER_BYTES);
  const type = (word >> 1) & 3;
  const size = word >> 3;
  if (type === 3) throw damagedZstd(base + p, 'block of the reserved type');
  if (size > header.blockMaxBytes) {
    throw damagedZstd(base + p, `block of at most ${header.blockMaxBytes} bytes expected, ${size} found`);
  }
  return {
    last: (word & 1) === 1,
    dataBytes: type === RLE ? 1 : size,
    maxBytes: type === COMPRESSED ? header.blockMaxBytes : size,
  };
}

const RLE = 1;
const COMPRESSED = 2;

function walkFrame(bytes: Uint8Array, start: number, header: FrameHeader): Frame {
  let p = start + header.headerBytes;
  let blocksMaxBytes = 0;
  for (let last = false; !last;) {
    const block = readBlockHeader(bytes, p, header);
    need(bytes, p + BLOCK_HEADER_BYTES, block.dataBytes, 0, 'block');
    p += BLOCK_HEADER_BYTES + block.dataBytes;
    blocksMaxBytes += block.maxBytes;
    last = block.last;
  }
  need(bytes, p, header.checksumBytes, 0, 'checksum');
  const { contentBytes } = header;
  if (contentBytes !== undefined && contentBytes > blocksMaxBytes) {
    throw damagedZstd(start, `content of ${contentBytes} bytes declared, the blocks hold at most ${blocksMaxBytes}`);
  }
  return { start, end: p + header.checksumBytes, contentBytes, maxBytes: contentBytes ?? blocksMaxBytes };
}

/** Window_Size, 3.1.1.1.2. Up to 3.75 TB, therefore no shifts. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function littleEndian(bytes: Uint8Array, p: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i -= 1) value = value * 256 + bytes[p + i]!;
  return value;
}

function need(bytes: Uint8Array, p: number, length: number, base: number, what: string): void {
  if (p + length <= bytes.length) return;
  throw damagedZstd(base + p, `truncated ${what}: ${length} bytes expected, ${bytes.length - p} left`);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
