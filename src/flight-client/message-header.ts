/** What the flatbuffer of an IPC message says of it, read by apache-arrow. */
import { Message } from 'apache-arrow';

export interface MessageHeader {
  readonly kind: 'schema' | 'record batch' | 'other';
  /** Rows of a record batch; 0 for all else. */
  readonly rows: number;
  readonly bodyLength: number;
}

/** Throws for bytes that are no message. */
export function messageHeader(metadata: Uint8Array): MessageHeader {
  const message = Message.decode(metadata);
  const { bodyLength } = message;
  if (message.isRecordBatch()) return { kind: 'record batch', rows: message.header().length, bodyLength };
  return { kind: message.isSchema() ? 'schema' : 'other', rows: 0, bodyLength };
}
