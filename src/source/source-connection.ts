/**
 * One connection to a raw ledger source: the first of its protocols that the source knows, message by message.
 *
 * Messages are of a bounded size. How large the next one is nobody knows before it is there; when grpc-js has read of it
 * that it passes the bound, the connection is over ({@link OversizeMessage}), and another one with a larger bound can be
 * made when there is room for it.
 */
import { type ChannelOptions, Client, type Interceptor, Metadata, status } from '@grpc/grpc-js';
import { clientCredentials, type ClientTls, ownConnection } from '../grpc/client-channel.js';
import { IDLE, PacedStream } from '../grpc/paced-stream.js';
import { isServiceError } from '../grpc/service-error.js';
import type { LedgerRange } from './ledger-source.js';
import { noKnownProtocol } from './source-errors.js';
import type { SourceMessage } from './source-message.js';
import { SOURCE_PROTOCOLS, type SourceProtocol } from './source-protocols.js';

/** A chunk has 4 MiB unless one ledger has more, and no ledger of today's networks comes near it. */
export const USUAL_MESSAGE_BYTES = 8 * 1024 * 1024;
/** Ledgers pass 4 MiB, grpc-js's default, and chunks 32 MiB; existing clients of such sources take this much. */
export const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;
/** HTTP/2 window. Node's 64 KiB would limit a stream to that much per round trip. */
const FLOW_CONTROL_WINDOW_BYTES = 2 * 1024 * 1024;

export interface SourceAddress {
  /** `host:port`, or any other target that gRPC resolves. */
  readonly target: string;
  /** Absent: plaintext. */
  readonly tls?: ClientTls;
  /** Gives the bearer token to send, for each call anew; undefined sends none. */
  readonly token?: () => string | undefined;
}

/** A message is larger than the connection takes. */
export class OversizeMessage extends Error {
  readonly bytes: number;

  constructor(bytes: number) {
    super(`a message of ${bytes} bytes`);
    this.bytes = bytes;
  }
}

/** What grpc-js 1.14 says of a message that passes `grpc.max_receive_message_length`, which it has read the length of. */
const OVERSIZE = /^Received message larger than max \((\d+) vs (\d+)\)$/;

export class SourceConnection {
  private readonly address: SourceAddress;
  private readonly range: LedgerRange;
  private readonly client: Client;
  private readonly maxBytes: number;
  private readonly untried: SourceProtocol[];
  private current: SourceProtocol;
  private stream: PacedStream<SourceMessage>;

  /**
   * Takes messages of up to `maxBytes`. `preferred` is tried first. `onReady` is called when the connection is made.
   */
  constructor(
    address: SourceAddress,
    range: LedgerRange,
    maxBytes: number,
    preferred: SourceProtocol,
    onReady: () => void,
  ) {
    this.address = address;
    this.range = range;
    this.maxBytes = maxBytes;
    this.untried = SOURCE_PROTOCOLS.filter((protocol) => protocol !== preferred);
    this.client = new Client(
      address.target,
      clientCredentials(address.target, address.tls),
      channelOptions(address, maxBytes),
    );
    this.current = preferred;
    this.stream = this.open(preferred);
    this.client.waitForReady(Infinity, (error) => {
      if (error === undefined) onReady();
    });
  }

  /** The protocol in use: known to be the source's as soon as a message has come. */
  get protocol(): SourceProtocol {
    return this.current;
  }

  /**
   * The next message; undefined when the source ended the stream with OK; {@link IDLE} when none came within
   * `timeoutMs`, which is the end of the connection. Throws the ServiceError that ended the stream, or {@link OversizeMessage}.
   */
  async next(timeoutMs: number): Promise<SourceMessage | undefined | typeof IDLE> {
    for (;;) {
      try {
        return await this.stream.next(timeoutMs);
      } catch (error) {
        if (!isServiceError(error)) throw error;
        if (error.code === status.RESOURCE_EXHAUSTED) throw this.oversize(error.details) ?? error;
        if (error.code !== status.UNIMPLEMENTED) throw error;
        const protocol = this.untried.shift();
        if (protocol === undefined) {
          throw noKnownProtocol(
            this.address.target,
            SOURCE_PROTOCOLS.map(({ path }) => path),
          );
        }
        this.current = protocol;
        this.stream = this.open(protocol);
      }
    }
  }

  close(): void {
    this.stream.cancel();
    this.client.close();
  }

  /** The source may have said RESOURCE_EXHAUSTED itself, for whatever reason. */
  private oversize(details: string): OversizeMessage | undefined {
    const [, bytes, bound] = OVERSIZE.exec(details) ?? [];
    return Number(bound) === this.maxBytes ? new OversizeMessage(Number(bytes)) : undefined;
  }

  private open(protocol: SourceProtocol): PacedStream<SourceMessage> {
    const metadata = new Metadata();
    const token = this.address.token?.();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    const request = protocol.request(this.range.startLedger, this.range.endLedger);
    const asIs = (bytes: Buffer): Buffer => bytes;
    return new PacedStream((interceptor: Interceptor) =>
      this.client.makeServerStreamRequest(protocol.path, asIs, protocol.decode, request, metadata, {
        interceptors: [interceptor],
      }),
    );
  }
}

export function channelOptions({ target, tls }: SourceAddress, maxBytes = USUAL_MESSAGE_BYTES): ChannelOptions {
  return {
    'grpc.max_receive_message_length': maxBytes,
    'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
    ...ownConnection(target, tls),
  };
}
