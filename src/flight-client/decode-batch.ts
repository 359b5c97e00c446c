/** A batch of a flight as apache-arrow has it. */
import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { END_OF_STREAM, encapsulationPrefix } from '../../workers/ipc.js';
import type { FlightBatch } from './read-flight.js';

/** Reads the batch as an IPC stream of its own: schema, record batch, end. */
export function decodeBatch({ schema, message: { metadata, body } }: FlightBatch): RecordBatch {
  const stream = [encapsulationPrefix(schema), schema, encapsulationPrefix(metadata), metadata, body, END_OF_STREAM];
  const [batch] = RecordBatchReader.from(stream);
  if (batch === undefined) throw new TypeError('a record batch expected, the message holds none');
  return batch;
}
