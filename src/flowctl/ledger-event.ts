/** Events of a pipeline: a raw ledger in, its rows as one complete Arrow IPC stream out. */
import { ProcessorError } from '../../workers/errors.js';
import { encapsulationPrefix, END_OF_STREAM, type RecordBatchMessage } from '../../workers/ipc.js';
import { decodeRawLedger, type SourceMessage } from '../source/source-message.js';
import { BATCH_EVENT_TYPE, LEDGER_EVENT_TYPE } from './registration.js';

/** `flowctl.v1.Event`, as the .proto file spells it. */
export interface PipelineEvent {
  readonly id: string;
  readonly type: string;
  readonly payload: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
  readonly timestamp: object | null;
  readonly source_component_id: string;
  readonly content_type: string;
  readonly stellar_cursor?: { readonly ledger_sequence: number | string; readonly index_in_ledger: number } | null;
}

/** What the processor signs its events with. */
export interface Signature {
  readonly id: string;
  readonly version: string;
}

const CONTENT_TYPE = 'application/vnd.apache.arrow.stream';

/** The ledger in an event. Throws REQUEST_INVALID for anything else. */
export function ledgerOf({ id, type, payload }: PipelineEvent): SourceMessage {
  if (type !== LEDGER_EVENT_TYPE)
    throw invalid(id, `the type ${LEDGER_EVENT_TYPE} expected, ${JSON.stringify(type)} found`);
  const ledger = parsed(id, payload);
  if (ledger.first === 0 || ledger.bytes.byteLength === 0) {
    throw invalid(id, 'a stellar.v1.RawLedger with sequence and ledger_close_meta_xdr expected');
  }
  return ledger;
}

/** The event for the ledger of `input`; `blocks` are its rows, none where it has none. */
export function batchEvent(
  input: PipelineEvent,
  sequence: number,
  schema: Uint8Array,
  blocks: readonly RecordBatchMessage[],
  { id, version }: Signature,
): PipelineEvent {
  return {
    id: `${id}-${sequence}`,
    type: BATCH_EVENT_TYPE,
    payload: arrowStream(schema, blocks),
    metadata: { ...input.metadata, ledger_sequence: String(sequence), processor_version: version },
    timestamp: input.timestamp,
    source_component_id: id,
    content_type: CONTENT_TYPE,
    stellar_cursor: { ledger_sequence: sequence, index_in_ledger: 0 },
  };
}

/** Schema, record batches, end of stream: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format. */
function arrowStream(schema: Uint8Array, blocks: readonly RecordBatchMessage[]): Buffer {
  return Buffer.concat([
    encapsulationPrefix(schema),
    schema,
    ...blocks.flatMap(({ metadata, body }) => [encapsulationPrefix(metadata), metadata, body]),
    END_OF_STREAM,
  ]);
}

function parsed(id: string, payload: Buffer): SourceMessage {
  try {
    return decodeRawLedger(payload);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid(id, `a stellar.v1.RawLedger expected: ${error.message}`);
  }
}

function invalid(id: string, reason: string): ProcessorError {
  return new ProcessorError('REQUEST_INVALID', `event ${JSON.stringify(id)}: ${reason}`);
}
