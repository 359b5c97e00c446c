import { gunzipSync } from 'node:zlib';
import { ProcessorError } from '../errors.js';

/** Unpacks gzip data (RFC 1952: any number of members, checksums verified) of at most `maxBytes` content. */
export function unpackGzip(bytes: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  const { buffer, engine } = gunzip(bytes, maxBytes);
  // After a zero byte zlib takes the rest for padding, be it a member or not.
  if (engine.bytesWritten !== bytes.length) throw leftOverGzip(engine.bytesWritten, bytes.length - engine.bytesWritten);
  return buffer;
}

/** The error of bytes behind the last gzip member, which begin at `offset` of the compressed bytes. */
export function leftOverGzip(offset: number, bytes: number): ProcessorError {
  return new ProcessorError(
    'UNPACK_FAILED',
    `gzip data, byte ${offset}: ${bytes} bytes left over behind the last member`,
  );
}

/** The error of what zlib throws for damaged data. */
export function damagedGzip(error: unknown): ProcessorError {
  const detail = error instanceof Error ? error.message : String(error);
  return new ProcessorError('UNPACK_FAILED', `gzip data: ${detail}`, {}, error);
}

/** What `info: true` makes of the result, which the types of Node do not tell. */
interface Unzipped {
  readonly buffer: Buffer<ArrayBuffer>;
  readonly engine: { readonly bytesWritten: number };
}

function gunzip(bytes: Uint8Array, maxBytes: number): Unzipped {
  try {
    const options = { info: true, maxOutputLength: maxBytes };
    return gunzipSync(bytes, options) as unknown as Unzipped;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw damagedGzip(error);
    const message = `gzip data: content of at most ${maxBytes} bytes expected, more found`;
    throw new ProcessorError('UNPACK_LIMIT', message, {}, error);
  }
}
