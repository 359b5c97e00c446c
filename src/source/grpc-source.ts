/** Ledgers from a RawLedgerService over gRPC: chunks where the source has them, else ledger by ledger. */
import { type BackoffOptions, DEFAULT_BACKOFF } from './backoff.js';
import type { LedgerChunk, LedgerRange, LedgerSource, Room } from './ledger-source.js';
import { RangeStream, type RangeStreamOptions } from './range-stream.js';
import type { ClientTls } from '../grpc/client-channel.js';
import type { SourceObserver, SourceStreamStatus } from './source-observer.js';

const DEFAULT_GAP_RETRIES = 5;
const DEFAULT_GAP_WAIT_MS = 1_000;
/** Ledgers close every five seconds or so. */
const DEFAULT_IDLE_TIMEOUT_MS = 60_000;

export interface GrpcLedgerSourceOptions {
  /** `host:port`, or any other target that gRPC resolves. */
  readonly target: string;
  /** Absent: plaintext. */
  readonly tls?: ClientTls;
  /** Gives the bearer token to send, for each call anew; undefined sends none. */
  readonly token?: () => string | undefined;
  /** The network that chunks must be of, where they say it. */
  readonly networkPassphrase?: string;
  /** How often a ledger that the source passed over is asked for again; default 5. */
  readonly gapRetries?: number;
  /** How long a ledger that others have overtaken is waited for before it is asked for again; default 1 s. */
  readonly gapWaitMs?: number;
  /** How long nothing may come before the source is taken for hung; default 60 s. */
  readonly idleTimeoutMs?: number;
  readonly backoff?: BackoffOptions;
  /** Spreads the backoff: 0 up to 1. */
  readonly random?: () => number;
  readonly observer?: SourceObserver;
}

/** Each range has a connection of its own, so that each is slowed by its own reader only. */
export class GrpcLedgerSource implements LedgerSource {
  private readonly options: RangeStreamOptions;
  private readonly streams = new Set<RangeStream>();

  constructor(options: GrpcLedgerSourceOptions) {
    const { target, tls, token } = options;
    this.options = {
      address: { target, ...(tls && { tls }), ...(token !== undefined && { token }) },
      networkPassphrase: options.networkPassphrase,
      gapRetries: options.gapRetries ?? DEFAULT_GAP_RETRIES,
      gapWaitMs: options.gapWaitMs ?? DEFAULT_GAP_WAIT_MS,
      idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
      backoff: options.backoff ?? DEFAULT_BACKOFF,
      random: options.random ?? Math.random,
      observer: options.observer ?? {},
    };
  }

  /** The ranges being streamed now. */
  get openStreams(): SourceStreamStatus[] {
    return Array.from(this.streams, ({ status }) => status);
  }

  async *ledgers(range: LedgerRange, signal: AbortSignal, room?: Room): AsyncGenerator<LedgerChunk, void, undefined> {
    const stream = new RangeStream(range, this.options, room);
    this.streams.add(stream);
    try {
      yield* stream.chunks(signal);
    } finally {
      this.streams.delete(stream);
    }
  }
}
