/** What a source tells of itself, for health and metrics. */
import type { SourceProtocolName } from './source-protocols.js';

/**
 *   connecting -> streaming -> waiting -> connecting …
 *
 * A stream is created connecting; the connection made moves it to streaming, any failure to waiting, and the end of the
 * backoff to connecting again. `failures` counts those since the last new ledger, or since a connection that held long.
 */
export type SourceStreamState =
  | { readonly kind: 'connecting'; readonly failures: number }
  | { readonly kind: 'streaming'; readonly protocol: SourceProtocolName | 'data lake'; readonly failures: number }
  | {
      readonly kind: 'waiting';
      readonly failures: number;
      readonly lastError: string;
      /** When the next attempt begins, in milliseconds of the monotonic clock (performance.now). */
      readonly retryAtMs: number;
    };

/** One range being streamed. */
export interface SourceStreamStatus {
  readonly startLedger: number;
  /** Inclusive; 0 follows the tip. */
  readonly endLedger: number;
  readonly nextLedger: number;
  readonly state: SourceStreamState;
}

/** Why a stream is opened anew: a ledger is missing, nothing came for too long, the source ended it or failed. */
export type ReconnectReason = 'gap' | 'idle' | 'ended' | 'failed';

export interface SourceObserver {
  /** New ledgers were received; `bytes` as they came, `closedAt` the newest's Unix seconds where the source says it. */
  received?(ledgers: number, bytes: number, closedAt: number | undefined): void;
  /** So many ledgers came that had come before. */
  repeated?(ledgers: number): void;
  reconnecting?(reason: ReconnectReason, error: string): void;
}
