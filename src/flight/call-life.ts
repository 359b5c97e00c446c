/**
 * The life of one call. What can end it from outside (cancel, deadline, disconnect) is heard here, by one set of
 * listeners per call, and everything the call waits for is raced with it:
 *
 * - grpc-js neither calls back a pending write nor emits `drain` after a cancel, so a bare wait would last for ever;
 * - past a deadline it tells nobody while the reader stands still: its status waits behind the data, so the time is kept
 *   here too;
 * - `Promise.race` against one long-lived promise would keep a reaction per wait, for as long as a stream follows.
 */
import type { Metadata } from '@grpc/grpc-js';
import type { FlightCall } from './flight-producer.js';
import { type CallStatus, FlightRefusal, statusOf } from './status.js';

/** A client past its deadline cancels; its cancel arrives about when the server's own timer ends. */
const DEADLINE_SLACK_MS = 20;

/** What is used of the calls of grpc-js. */
export interface GrpcCall {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  getPeer(): string;
  getDeadline(): Date | number;
  once(event: string, listener: () => void): unknown;
}

export class CallLife {
  /** The call as the producer sees it. */
  readonly call: FlightCall;
  readonly #grpcCall: GrpcCall;
  readonly #abort = new AbortController();
  readonly #deadline: NodeJS.Timeout | undefined;
  #interrupt: (() => void) | undefined;

  constructor(grpcCall: GrpcCall) {
    this.#grpcCall = grpcCall;
    this.call = {
      signal: this.#abort.signal,
      headers: grpcCall.metadata,
      peer: grpcCall.getPeer(),
      end: (error) => this.end(error),
    };
    const deadline = Number(grpcCall.getDeadline());
    if (deadline < Infinity) this.#deadline = setTimeout(() => this.end(), deadline - Date.now()).unref();
    if (grpcCall.cancelled) this.end();
    grpcCall.once('cancelled', () => this.end());
    grpcCall.once('close', () => this.end());
  }

  get over(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Ends the call for its producer and for whoever waits; with `error` where it was not the client. Idempotent. */
  end(error: unknown = this.#refusal()): void {
    if (this.over) return;
    clearTimeout(this.#deadline);
    this.#abort.abort(error);
    this.#interrupt?.();
  }

  /** Settles like `promise`, or rejects as soon as the call is over. One wait at a time. */
  race<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => reject(this.#abort.signal.reason as Error);
      if (this.over) this.#interrupt();
      promise.then(resolve, reject);
    });
  }

  /** What ended a call that was over before it was answered. */
  get endStatus(): CallStatus {
    return statusOf(this.#abort.signal.reason);
  }

  #refusal(): FlightRefusal {
    return Number(this.#grpcCall.getDeadline()) <= Date.now() + DEADLINE_SLACK_MS
      ? new FlightRefusal('DEADLINE_EXCEEDED', 'the deadline of the call passed')
      : new FlightRefusal('CANCELLED', 'the call was cancelled or its connection lost');
  }
}
