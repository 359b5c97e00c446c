/**
 * Ledgers out of a file or pipe. Three forms are read, each plain, zstd or gzip, all told by content:
 *
 *   one ledger     LedgerCloseMeta
 *   a batch        LedgerCloseMetaBatch: startSequence, endSequence, LedgerCloseMeta<>
 *   framed stream  (length, LedgerCloseMeta)…   record marking of RFC 5531, 11, each record in one fragment
 *
 * The first words of a valid frame can begin neither of the others, so that a stream of any length is read frame by
 * frame. The other two are read whole; the reading that ends on the last byte is the right one.
 */
import type { Readable } from 'node:stream';
import { ProcessorError } from '../../workers/errors.js';
import { ByteQueue } from './byte-queue.js';
import { beginsFramed, framedLedgers } from './framed-ledgers.js';
import { openInput } from './open-input.js';
import { unpackedChunks } from './unpacked-chunks.js';
import { wholeLedgers } from './whole-ledgers.js';

export interface RawLedger {
  /** One LedgerCloseMeta, checked to its last byte, in an ArrayBuffer of its own. */
  readonly bytes: Uint8Array;
  readonly file: string;
  /** Position in the file, from 0. */
  readonly index: number;
  /** The sequence that a batch says the ledger has. */
  readonly sequence?: number;
}

export interface LedgerFileOptions {
  /** Most bytes of one ledger or batch, unpacked. Default 256 MiB. */
  readonly maxLedgerBytes?: number;
  /** What `-` reads. Default process.stdin. */
  readonly standardInput?: Readable;
}

const DEFAULT_MAX_LEDGER_BYTES = 256 * 1024 * 1024;

/**
 * The ledgers of a file, or of standard input for `-`, in order, read as they are asked for. Throws ProcessorError
 * INPUT_UNREADABLE, UNPACK_FAILED, UNPACK_LIMIT, LEDGER_INVALID or LEDGER_MISMATCH, which name the file. Where a ledger
 * is damaged, those before it come first; where compressed data is damaged, so do those unpacked before (none of a zstd
 * file that is unpacked whole, since its checksum vouches for nothing then). To stop early closes the input.
 */
export async function* readLedgerFile(
  file: string,
  options: LedgerFileOptions = {},
): AsyncGenerator<RawLedger, void, undefined> {
  const input = await openInput(file, options.standardInput);
  const bytes = new ByteQueue(unpackedChunks(new ByteQueue(input.chunks), input.sizeBytes));
  const maxBytes = options.maxLedgerBytes ?? DEFAULT_MAX_LEDGER_BYTES;
  let index = 0;
  try {
    const ledgers = (await beginsFramed(bytes)) ? framedLedgers(bytes, maxBytes) : wholeLedgers(bytes, maxBytes);
    for await (const ledger of ledgers) {
      yield { ...ledger, file, index };
      index += 1;
    }
  } catch (error) {
    throw inFile(file, error);
  } finally {
    // First the input: a stage that reads ahead may be waiting for it.
    input.close();
    await bytes.close();
  }
}

function inFile(file: string, error: unknown): unknown {
  if (!(error instanceof ProcessorError) || error.place.file !== undefined) return error;
  return new ProcessorError(error.code, `${file}: ${error.message}`, { ...error.place, file }, error.cause);
}
