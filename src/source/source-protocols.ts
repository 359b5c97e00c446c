/** The three ways in which sources serve raw ledgers, best first. A source that lacks one answers UNIMPLEMENTED. */
import type { MethodDefinition } from '@grpc/proto-loader';
import { loadProto } from '../grpc/load-proto.js';
import { decodeRawLedger, decodeRawLedgerChunk, type SourceMessage } from './source-message.js';

export type SourceProtocolName = 'raw_ledger_service chunks' | 'raw_ledger_service ledgers' | 'stellar.v1 ledgers';

export interface SourceProtocol {
  readonly name: SourceProtocolName;
  /** The method's path, as in `/package.Service/Method`. */
  readonly path: string;
  /** Whether a request names its end too, so that the stream has one. */
  readonly isBounded: boolean;
  /** The request for ledgers from `startLedger` to `endLedger` (inclusive, 0 follows), where the protocol takes an end. */
  request(startLedger: number, endLedger: number): Buffer;
  readonly decode: (message: Buffer) => SourceMessage;
}

const raw = methodsOf('raw_ledger_service/raw_ledger_service.proto', 'raw_ledger_service.RawLedgerService');
const stellarV1 = methodsOf('stellar/v1/raw_ledger_service.proto', 'stellar.v1.RawLedgerService');

/** Chunks are asked for no larger: two of each stream are held before memory is claimed for them. */
const MAX_CHUNK_BYTES = 1024 * 1024;

export const SOURCE_PROTOCOLS: readonly SourceProtocol[] = [
  {
    name: 'raw_ledger_service chunks',
    path: raw.StreamRawLedgerChunks!.path,
    isBounded: true,
    request: (startLedger, endLedger) =>
      raw.StreamRawLedgerChunks!.requestSerialize({
        start_ledger: startLedger,
        end_ledger: endLedger,
        max_bytes: MAX_CHUNK_BYTES,
        accepted_compression: ['CHUNK_COMPRESSION_NONE', 'CHUNK_COMPRESSION_ZSTD'],
      }),
    decode: decodeRawLedgerChunk,
  },
  {
    name: 'raw_ledger_service ledgers',
    path: raw.StreamRawLedgers!.path,
    isBounded: false,
    request: (startLedger) => raw.StreamRawLedgers!.requestSerialize({ start_ledger: startLedger }),
    decode: decodeRawLedger,
  },
  {
    name: 'stellar.v1 ledgers',
    path: stellarV1.StreamRawLedgers!.path,
    isBounded: false,
    request: (startLedger) => stellarV1.StreamRawLedgers!.requestSerialize({ start_ledger: startLedger }),
    decode: decodeRawLedger,
  },
];

function methodsOf(file: string, service: string): Record<string, MethodDefinition<object, object>> {
  return loadProto(file)[service] as Record<string, MethodDefinition<object, object>>;
}
