/** Flights made by apache-arrow: its stream writer's output, cut at message boundaries. */
import {
  Bool,
  Field,
  Int64,
  makeData,
  Message,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Uint32,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import type { FlightMessage } from '../../src/flight/flight-producer.js';

/** A message in one piece. */
export interface WholeMessage extends FlightMessage {
  readonly body: Buffer;
}

export interface ArrowMessages {
  readonly schema: Uint8Array;
  readonly batches: readonly WholeMessage[];
}

/** encapsulated message = FF FF FF FF | int32 metadata length, little-endian | metadata | body */
export function messagesOf(schema: Schema, batches: readonly RecordBatch[]): ArrowMessages {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  for (const batch of batches) writer.write(batch);
  writer.finish();
  const stream = Buffer.from(writer.toUint8Array(true));
  const messages: WholeMessage[] = [];
  for (let at = 0; stream.readInt32LE(at + 4) !== 0;) {
    const body = at + 8 + stream.readInt32LE(at + 4);
    const metadata = stream.subarray(at + 8, body);
    at = body + Message.decode(metadata).bodyLength;
    messages.push({ metadata, body: stream.subarray(body, at) });
  }
  const [first, ...rest] = messages;
  return { schema: first!.metadata, batches: rest };
}

/** One row of {@link SAMPLE_SCHEMA}. */
export interface SampleRow {
  readonly id: number;
  readonly name: string | null;
  readonly balance: bigint | null;
  readonly deleted: boolean;
  /** Microseconds. */
  readonly closed_at: bigint;
  readonly expiration: number | null;
}

export const SAMPLE_SCHEMA = new Schema([
  new Field('id', new Uint32(), false),
  new Field('name', new Utf8(), true),
  new Field('balance', new Int64(), true),
  new Field('deleted', new Bool(), false),
  new Field('closed_at', new TimestampMicrosecond('UTC'), false),
  new Field('expiration', new Uint32(), true),
]);

export const SAMPLE_ROWS: readonly SampleRow[] = [
  row(0, 'USDC', 9_223_372_036_854_775_807n, false, 1_713_730_569_000_000n, 4_294_967_295),
  row(4_294_967_295, null, null, true, 1_713_730_574_123_456n, null),
  row(7, '', -9_223_372_036_854_775_808n, false, 0n, 0),
  row(8, 'žluťoučký 🐎', 0n, true, 1n, 1),
  row(9, 'native', -1n, false, 253_402_300_799_999_999n, null),
];

function row(
  id: number,
  name: string | null,
  balance: bigint | null,
  deleted: boolean,
  closed_at: bigint,
  expiration: number | null,
): SampleRow {
  return { id, name, balance, deleted, closed_at, expiration };
}

export function sampleBatch(rows: readonly SampleRow[]): RecordBatch {
  const column = <K extends keyof SampleRow>(name: K): SampleRow[K][] => rows.map((one) => one[name]);
  const children = [
    vectorFromArray(column('id'), new Uint32()),
    vectorFromArray(column('name'), new Utf8()),
    vectorFromArray(column('balance'), new Int64()),
    vectorFromArray(column('deleted'), new Bool()),
  ].map((vector, index) => vector.data[0] ?? makeData({ type: SAMPLE_SCHEMA.fields[index]!.type as Utf8 }));
  const closedAt = makeData({
    type: new TimestampMicrosecond('UTC'),
    data: BigInt64Array.from(column('closed_at')),
    length: rows.length,
  });
  const expiration = vectorFromArray(column('expiration'), new Uint32()).data[0] ?? makeData({ type: new Uint32() });
  const data = makeData({
    type: new Struct(SAMPLE_SCHEMA.fields),
    length: rows.length,
    children: [...children, closedAt, expiration] as never,
  });
  return new RecordBatch(SAMPLE_SCHEMA, data);
}

/** {@link SAMPLE_ROWS} with zero-row batches before, between and behind, as keepalives come. */
export function sampleMessages(): ArrowMessages {
  const batches = [[], SAMPLE_ROWS.slice(0, 2), [], [], SAMPLE_ROWS.slice(2), []].map(sampleBatch);
  return messagesOf(SAMPLE_SCHEMA, batches);
}
