/** zstd data for tests, packed by the zstd library or built by hand from the grammar of RFC 8878, 3.1. */
import { compress, init } from '@bokuweb/zstd-wasm';

await init();

/** One frame as `ZSTD_compress` makes it: with the size of its content, without a checksum. */
export function packed(content: Uint8Array, level = 3): Buffer {
  return Buffer.from(compress(Buffer.from(content), level));
}

/**
 * One frame that does not declare its size, as streaming writers make them. The blocks are those of {@link packed}, which
 * declares the size (in one segment or with a window); the header is put in anew, with a window of 8 MiB at least.
 */
export function packedWithoutSize(content: Uint8Array, level = 3): Buffer {
  const frame = packed(content, level);
  const descriptor = frame[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const blocks = frame.subarray(5 + (isSingleSegment ? 0 : 1) + sizeBytes);
  // The blocks' greatest size is that of the window up to 128 KiB, so that content in one small segment keeps its blocks.
  return Buffer.concat([frameHeader({ windowLog: Math.max(23, Math.ceil(Math.log2(content.length + 1))) }), blocks]);
}

export interface HeaderFields {
  /** Window of 2 ** windowLog bytes, at least 10; without one the frame is a single segment. */
  readonly windowLog?: number;
  readonly contentBytes?: bigint;
  readonly hasChecksum?: boolean;
  readonly dictionaryId?: number;
  readonly reservedBit?: boolean;
}

/** Frame_Header with 8 bytes of content size and 4 of dictionary id, where there are any. */
export function frameHeader(fields: HeaderFields): Buffer {
  const { windowLog, contentBytes, hasChecksum = false, dictionaryId, reservedBit = false } = fields;
  const descriptor =
    (contentBytes === undefined ? 0 : 3 << 6) |
    (windowLog === undefined ? 1 << 5 : 0) |
    (reservedBit ? 1 << 3 : 0) |
    (hasChecksum ? 1 << 2 : 0) |
    (dictionaryId === undefined ? 0 : 3);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(contentBytes ?? 0n);
  const dictionary = Buffer.alloc(4);
  dictionary.writeUInt32LE(dictionaryId ?? 0);
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor]),
    windowLog === undefined ? Buffer.alloc(0) : Buffer.from([(windowLog - 10) << 3]),
    dictionaryId === undefined ? Buffer.alloc(0) : dictionary,
    contentBytes === undefined ? Buffer.alloc(0) : size,
  ]);
}

export const RAW = 0;
export const RLE = 1;
export const COMPRESSED = 2;
export const RESERVED = 3;

/** Block_Header and its data. */
export function block(type: number, size: number, data: Uint8Array, last = false): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
  return Buffer.concat([header, data]);
}

export function rawBlock(data: Uint8Array, last = false): Buffer {
  return block(RAW, data.length, data, last);
}

/** `count` times the byte. */
export function rleBlock(byte: number, count: number, last = false): Buffer {
  return block(RLE, count, Buffer.from([byte]), last);
}

export function skippableFrame(data: Uint8Array, magicNibble = 0): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a50 + magicNibble, 0);
  header.writeUInt32LE(data.length, 4);
  return Buffer.concat([header, data]);
}

/**
 * `contract data contract data ledger` as the zstd command 1.5.4 packs it from a pipe: no size, a checksum, and a block
 * that refers back.
 */
export const WITH_CHECKSUM = Buffer.from('KLUv/QRY1QAAoGNvbnRyYWN0IGRhdGEgbGVkZ2VyAQAhTyVZxJqa', 'base64');
export const WITH_CHECKSUM_CONTENT = Buffer.from('contract data contract data ledger');
