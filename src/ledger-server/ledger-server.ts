/** A RawLedgerService over a store of ledgers: both packages of it, and chunks. */
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadProto } from '../grpc/load-proto.js';
import type { MessageFrame } from '../grpc/message-frame.js';
import type { FaultPlan } from './faults.js';
import { readLedgerHeader } from './ledger-header.js';
import { type LedgerFields, ledgerFrames, sendingFrames } from './ledger-messages.js';
import type { LedgerStore, StoredLedgers } from './ledger-store.js';
import { LedgerStreams } from './ledger-streams.js';
import { serveStream, statusOf } from './server-stream.js';

export const SERVED_PROTOCOLS = ['chunks', 'ledgers', 'stellar.v1'] as const;
export type ServedProtocol = (typeof SERVED_PROTOCOLS)[number];

export interface LedgerServerOptions {
  readonly store: LedgerStore;
  /** Said in chunks and in stellar.v1; empty where it is not known. */
  readonly networkPassphrase: string;
  /** Ledgers that close each second; 0, the default: all have. */
  readonly ledgersPerSecond?: number;
  readonly faults?: FaultPlan;
  /** What is served; the rest is UNIMPLEMENTED. Default: everything. */
  readonly protocols?: readonly ServedProtocol[];
}

interface StreamLedgersRequest {
  readonly start_ledger: number;
}

interface LedgerRangeRequest extends StreamLedgersRequest {
  readonly end_ledger: number;
}

interface StreamChunksRequest extends LedgerRangeRequest {
  readonly max_ledgers: number;
  readonly max_bytes: number;
  readonly accepted_compression: readonly string[];
}

const raw = serviceOf('raw_ledger_service/raw_ledger_service.proto', 'raw_ledger_service.RawLedgerService');
const stellarV1 = serviceOf('stellar/v1/raw_ledger_service.proto', 'stellar.v1.RawLedgerService');
const rawLedgerFrame = ledgerFrames(raw.StreamRawLedgers!, 2);
const rawChunkFrame = ledgerFrames(raw.StreamRawLedgerChunks!, 4);
const stellarV1Frame = ledgerFrames(stellarV1.StreamRawLedgers!, 2);

export class LedgerServer {
  private readonly server = new Server();
  private readonly streams: LedgerStreams;
  private readonly networkPassphrase: string;
  private endpoint = '';
  private sent = 0;

  constructor(options: LedgerServerOptions) {
    const { store, ledgersPerSecond = 0, faults = {}, protocols = SERVED_PROTOCOLS } = options;
    this.networkPassphrase = options.networkPassphrase;
    this.streams = new LedgerStreams(store, ledgersPerSecond, faults);
    this.server.addService(sendingFrames(raw, 'StreamRawLedgers', 'StreamRawLedgerChunks'), {
      ...(protocols.includes('chunks') && this.chunkMethods()),
      ...(protocols.includes('ledgers') && this.ledgerMethods(rawLedgerFrame, rawLedger)),
    });
    if (protocols.includes('stellar.v1')) {
      this.server.addService(sendingFrames(stellarV1, 'StreamRawLedgers'), {
        ...this.ledgerMethods(stellarV1Frame, this.stellarV1Ledger),
        ...this.componentMethods(),
      });
    }
  }

  /** The newest ledger that has closed, and how many ledgers were sent, repeated ones included. */
  get progress(): { readonly latest: number; readonly sent: number } {
    return { latest: this.streams.latest, sent: this.sent };
  }

  /** Resolves to the port, which the system chooses for 0. Rejects when the address cannot be had. */
  async listen(host: string, port: number): Promise<number> {
    const address = host.includes(':') ? `[${host}]` : host;
    const bound = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(`${address}:${port}`, ServerCredentials.createInsecure(), (error, boundPort) => {
        if (error === null) resolve(boundPort);
        else reject(error);
      });
    });
    this.endpoint = `${address}:${bound}`;
    return bound;
  }

  /** Ends all streams; those that follow have no end of their own. */
  close(): void {
    this.server.forceShutdown();
  }

  private chunkMethods(): UntypedServiceImplementation {
    const streamRawLedgerChunks = (call: ServerWritableStream<StreamChunksRequest, MessageFrame>): void =>
      serveStream(call, (request, signal) => this.chunkMessages(request, signal));
    return { StreamRawLedgerChunks: streamRawLedgerChunks };
  }

  private async *chunkMessages(request: StreamChunksRequest, signal: AbortSignal): AsyncGenerator<MessageFrame> {
    const chunks = this.streams.chunks(
      {
        startLedger: request.start_ledger,
        endLedger: request.end_ledger,
        maxLedgers: request.max_ledgers,
        maxBytes: request.max_bytes,
        acceptsZstd: request.accepted_compression.includes('CHUNK_COMPRESSION_ZSTD'),
      },
      signal,
    );
    for await (const { first, last, isCompressed, bytes } of chunks) {
      this.sent += last - first + 1;
      const compression = isCompressed ? 'CHUNK_COMPRESSION_ZSTD' : 'CHUNK_COMPRESSION_NONE';
      const before = { start_sequence: first, end_sequence: last, compression };
      yield rawChunkFrame({ before, bytes, behind: { network_passphrase: this.networkPassphrase } });
    }
  }

  private ledgerMethods(
    frameOf: (fields: LedgerFields) => MessageFrame,
    fieldsOf: (ledger: StoredLedgers) => LedgerFields,
  ): UntypedServiceImplementation {
    const { streams } = this;
    const count = (): unknown => (this.sent += 1);
    const messages = async function* (
      request: StreamLedgersRequest,
      signal: AbortSignal,
    ): AsyncGenerator<MessageFrame> {
      for await (const ledger of streams.ledgers(request.start_ledger, signal)) {
        count();
        yield frameOf(fieldsOf(ledger));
      }
    };
    const messageOf = (ledger: StoredLedgers): object => {
      const { before, bytes, behind } = fieldsOf(ledger);
      return { ...before, ledger_close_meta_xdr: bytes, ...behind };
    };
    const streamRawLedgers = (call: ServerWritableStream<StreamLedgersRequest, MessageFrame>): void =>
      serveStream(call, messages);
    const getLedgerRange: handleUnaryCall<LedgerRangeRequest, object> = (call, callback) => {
      streams.range(call.request.start_ledger, call.request.end_ledger).then(
        (ledgers) => callback(null, { ledgers: ledgers.map(messageOf), latest_ledger: streams.latest }),
        (error: unknown) => callback(statusOf(error)),
      );
    };
    return { StreamRawLedgers: streamRawLedgers, GetLedgerRange: getLedgerRange };
  }

  private readonly stellarV1Ledger = (ledger: StoredLedgers): LedgerFields => ({
    ...rawLedger(ledger),
    behind: { network: this.networkPassphrase, closed_at: closeTimeOf(ledger) },
  });

  private componentMethods(): UntypedServiceImplementation {
    const getInfo: handleUnaryCall<object, object> = (_call, callback) =>
      callback(null, {
        id: 'raw-ledger-server',
        name: 'raw-ledger-server',
        description: 'Simulated or recorded ledgers',
        type: 'COMPONENT_TYPE_SOURCE',
        output_event_types: ['raw_ledger_service.RawLedgerChunk', 'raw_ledger_service.RawLedger', 'stellar.ledger.v1'],
        endpoint: this.endpoint,
        metadata: { network_passphrase: this.networkPassphrase },
      });
    const healthCheck: handleUnaryCall<object, object> = (_call, callback) =>
      callback(null, { status: 'HEALTH_STATUS_HEALTHY' });
    return { GetInfo: getInfo, HealthCheck: healthCheck };
  }
}

function rawLedger({ first, bytes }: StoredLedgers): LedgerFields {
  return { before: { sequence: first }, bytes, behind: {} };
}

/** Absent in a ledger too damaged to have one: damage is served as any ledger is. */
function closeTimeOf({ bytes }: StoredLedgers): string {
  try {
    return String(readLedgerHeader(bytes).closeTime);
  } catch {
    return '0';
  }
}

function serviceOf(file: string, service: string): ServiceDefinition {
  return loadProto(file)[service] as ServiceDefinition;
}
