/** A Parquet file with ZSTD pages, from record batches. Encoded on a thread of its own; here bytes only pass. */
import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import { arrowSchema, selectColumns } from '../../../workers/columns/tables.js';
import { ProcessorError } from '../../../workers/errors.js';
import {
  type BatchMessage,
  emptyRecordBatch,
  encapsulationPrefix,
  encodeSchema,
  END_OF_STREAM,
} from '../../../workers/ipc.js';
import type { FromParquet, ToParquet } from '../../../workers/parquet/parquet-messages.js';
import type { DecodeRequest } from '../../../workers/request.js';
import type { RangeBatch } from '../range-batch.js';

const THREAD_ENTRY = new URL('../../../workers/parquet/encode-parquet.js', import.meta.url);

/** The file's bytes, as they become final; of `batches` one at a time is held. */
export async function* parquetFile(
  request: DecodeRequest,
  batches: AsyncIterable<RangeBatch>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const schema = encodeSchema(arrowSchema(request));
  const kinds = selectColumns(request.table, request.columns).map(({ kind }) => kind);
  const source = batches[Symbol.asyncIterator]();
  const thread = new Worker(THREAD_ENTRY);
  const send = (message: ToParquet, ...transfer: ArrayBuffer[]): void => thread.postMessage(message, transfer);
  const sendBatch = (message: BatchMessage): void => {
    const bytes = singleBatchStream(schema, message);
    send({ kind: 'batch', bytes }, bytes.buffer);
  };
  let sent = 0;
  try {
    for await (const [message] of on(thread, 'message', { close: ['exit'] }) as AsyncIterable<[FromParquet]>) {
      switch (message.kind) {
        case 'chunk':
          yield message.bytes;
          break;
        case 'next': {
          const next = await source.next();
          if (next.done !== true) {
            sendBatch(next.value.message);
            next.value.release();
          }
          // The thread learns of the columns from a batch: without rows it gets an empty one.
          else if (sent === 0) sendBatch(emptyRecordBatch(kinds));
          else send({ kind: 'end' });
          sent += 1;
          break;
        }
        case 'done':
          return;
      }
    }
    throw new ProcessorError('WORKER_CRASHED', 'the thread that encodes Parquet ended before the file was whole');
  } finally {
    await source.return?.();
    await thread.terminate();
  }
}

/** An IPC stream of one batch, in memory of its own. */
function singleBatchStream(schema: Uint8Array, { metadata, body }: BatchMessage): Uint8Array<ArrayBuffer> {
  const head = [encapsulationPrefix(schema), schema, encapsulationPrefix(metadata), metadata];
  const headBytes = head.reduce((sum, part) => sum + part.byteLength, 0);
  const stream = new Uint8Array(headBytes + body.byteLength + END_OF_STREAM.byteLength);
  let at = 0;
  for (const part of head) {
    stream.set(part, at);
    at += part.byteLength;
  }
  if (body instanceof Uint8Array) stream.set(body, at);
  else body.copyTo(stream, at);
  stream.set(END_OF_STREAM, at + body.byteLength);
  return stream;
}
