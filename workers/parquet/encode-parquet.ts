/**
 * Entry of a thread that encodes one Parquet file: record batches in, the file's bytes out. Compressing columns takes more
 * time than decoding ledgers, so that it has a thread of its own for each file.
 *
 *   next > … batch, next > batch, chunk >, next > end, chunk >, done >
 *
 * A batch is asked for when the one before it is encoded, so that few wait here. Equal batches give equal bytes.
 */
import { parentPort } from 'node:worker_threads';
import { Compression, type RecordBatch, Table, transformParquetStream, WriterPropertiesBuilder } from 'parquet-wasm';
import type { FromParquet, ToParquet } from './parquet-messages.js';

/** What is encoded waits in memory until its row group is whole; readers skip row groups by their statistics. */
const ROW_GROUP_ROWS = 65_536;
const ROW_GROUP_BYTES = 32 * 2 ** 20;

const port = parentPort!;
let awaited: ((message: ToParquet) => void) | undefined;
port.on('message', (message: ToParquet) => awaited?.(message));

const batches = new ReadableStream<RecordBatch>(
  {
    async pull(controller) {
      const message = await new Promise<ToParquet>((resolve) => {
        awaited = resolve;
        send({ kind: 'next' });
      });
      if (message.kind === 'end') controller.close();
      else for (const batch of Table.fromIPCStream(message.bytes).recordBatches()) controller.enqueue(batch);
    },
  },
  { highWaterMark: 0 },
);
const properties = new WriterPropertiesBuilder()
  .setCompression(Compression.ZSTD)
  .setMaxRowGroupSize(ROW_GROUP_ROWS)
  .setMaxRowGroupBytes(ROW_GROUP_BYTES)
  .build();
const file = (await transformParquetStream(batches, properties)) as ReadableStream<Uint8Array>;
for (const reader = file.getReader(); ;) {
  const { done, value } = await reader.read();
  if (done) break;
  // The chunk may be a view on memory that is not ours to give away.
  const bytes = value.slice();
  send({ kind: 'chunk', bytes }, bytes.buffer);
}
send({ kind: 'done' });
port.close();

function send(message: FromParquet, ...transfer: ArrayBuffer[]): void {
  port.postMessage(message, transfer);
}
