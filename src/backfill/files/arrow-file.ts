/**
 * An Arrow IPC file (https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format), from record batches:
 *
 *   "ARROW1" 00 00 | schema | record batch* | end of stream | footer | int32 footer length | "ARROW1"
 *
 * where schema and batches are encapsulated messages, as in a stream.
 */
import { MetadataVersion } from 'apache-arrow';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import { arrowSchema } from '../../../workers/columns/tables.js';
import { encapsulationPrefix, encodeSchema, END_OF_STREAM, wholeBatch } from '../../../workers/ipc.js';
import type { DecodeRequest } from '../../../workers/request.js';
import type { RangeBatch } from '../range-batch.js';

const MAGIC = Buffer.from('ARROW1', 'latin1');
const PADDED_MAGIC = Buffer.from('ARROW1\0\0', 'latin1');

/** The file's bytes; those of a batch are valid until the next ones are asked for. */
export async function* arrowFile(
  request: DecodeRequest,
  batches: AsyncIterable<RangeBatch>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const schema = arrowSchema(request);
  const encoded = encodeSchema(schema);
  const head = Buffer.concat([PADDED_MAGIC, encapsulationPrefix(encoded), encoded]);
  const blocks: FileBlock[] = [];
  yield head;
  let offset = head.length;
  for await (const { message, release } of batches) {
    const { metadata, body } = wholeBatch(message);
    const framed = Buffer.concat([encapsulationPrefix(metadata), metadata]);
    blocks.push(new FileBlock(framed.length, body.length, offset));
    offset += framed.length + body.length;
    yield framed;
    yield body;
    release();
  }
  const footer = Footer.encode(new Footer(schema, MetadataVersion.V5, blocks, []));
  const length = Buffer.alloc(4);
  length.writeInt32LE(footer.length);
  yield Buffer.concat([END_OF_STREAM, footer, length, MAGIC]);
}
