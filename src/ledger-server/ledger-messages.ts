/**
 * The messages that carry ledgers. Their large field is written once, straight to where grpc-js sends it from; what stands
 * before and behind it is left to protobufjs:
 *
 *   RawLedger             1 sequence | 2 ledger_close_meta_xdr | in stellar.v1 also 3 network, 4 closed_at
 *   RawLedgerChunk        1 start_sequence, 2 end_sequence, 3 compression | 4 ledger_close_meta_batch_xdr | 5 network_passphrase
 */
import type { ServiceDefinition } from '@grpc/grpc-js';
import { MessageFrame } from '../grpc/message-frame.js';
import { fieldLength, type ScatteredBytes, writeField } from '../grpc/varint.js';

export interface LedgerFields {
  /** Fields before the large one and behind it, as protobufjs takes them. */
  readonly before: object;
  readonly bytes: Uint8Array | ScatteredBytes;
  readonly behind: object;
}

const LENGTH_DELIMITED = 2;

/** Frames of the messages of `method`, whose large field has the number `field` (below 16). */
export function ledgerFrames(
  { responseSerialize: encode }: ServiceDefinition[string],
  field: number,
): (fields: LedgerFields) => MessageFrame {
  const tag = [(field << 3) | LENGTH_DELIMITED];
  return ({ before, bytes, behind }) => {
    const head = encode(before);
    const tail = encode(behind);
    const length = head.byteLength + fieldLength(tag.length, bytes.byteLength) + tail.byteLength;
    return new MessageFrame(length, (target, start) => {
      target.set(head, start);
      target.set(tail, writeField(target, start + head.byteLength, tag, bytes));
    });
  };
}

/** `service` with `method` sending frames. */
export function sendingFrames(service: ServiceDefinition, ...methods: readonly string[]): ServiceDefinition {
  const framed = methods.map((name) => [
    name,
    { ...service[name]!, responseSerialize: (frame: MessageFrame): Buffer => frame.asBuffer },
  ]);
  return { ...service, ...(Object.fromEntries(framed) as ServiceDefinition) };
}
