/**
 * Messages of raw ledger sources, decoded by hand: protobufjs would copy the ledgers out of the message, and a view of
 * the message is what can be transferred to a worker.
 *
 *   RawLedger       1 sequence uint32, 2 ledger_close_meta_xdr bytes; in stellar.v1 also 3 network, 4 closed_at int64
 *   RawLedgerChunk  1 start_sequence, 2 end_sequence uint32, 3 compression enum, 4 ledger_close_meta_batch_xdr bytes,
 *                   5 network_passphrase string
 */
import { visitFields } from '../grpc/protobuf-fields.js';

/** What one message of a source brings. */
export interface SourceMessage {
  readonly form: 'ledger' | 'batch';
  /** Sequences as the message says them, both inclusive. */
  readonly first: number;
  readonly last: number;
  /** A view of the message. Compressed or not: the bytes say so themselves. */
  readonly bytes: Uint8Array;
  /** Undefined where the message does not say it. */
  readonly networkPassphrase: string | undefined;
  /** Unix seconds; undefined where the message does not say it. */
  readonly closedAt: number | undefined;
}

const NO_BYTES: Buffer = Buffer.alloc(0);
const TWO_TO_32 = 2 ** 32;

/** Either package's RawLedger. What stellar.v1 has in `network` is not used: sources differ in what they put there. */
export function decodeRawLedger(message: Buffer): SourceMessage {
  let sequence = 0;
  let bytes = NO_BYTES;
  let closedAt = 0;
  visitFields(message, {
    varint(field, low, high) {
      if (field === 1) sequence = low;
      else if (field === 4) closedAt = (high | 0) * TWO_TO_32 + low;
    },
    bytes(field, value) {
      if (field === 2) bytes = value;
    },
  });
  return {
    form: 'ledger',
    first: sequence,
    last: sequence,
    bytes,
    networkPassphrase: undefined,
    closedAt: closedAt === 0 ? undefined : closedAt,
  };
}

export function decodeRawLedgerChunk(message: Buffer): SourceMessage {
  let first = 0;
  let last = 0;
  let bytes = NO_BYTES;
  let networkPassphrase = '';
  visitFields(message, {
    varint(field, low) {
      if (field === 1) first = low;
      else if (field === 2) last = low;
    },
    bytes(field, value) {
      if (field === 4) bytes = value;
      else if (field === 5) networkPassphrase = value.toString('utf8');
    },
  });
  return { form: 'batch', first, last, bytes, networkPassphrase: networkPassphrase || undefined, closedAt: undefined };
}
