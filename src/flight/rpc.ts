/** One RPC being served: its life, and the account of it that goes to the observer. */
import { CallLife, type GrpcCall } from './call-life.js';
import type { FlightMethod, FlightObserver } from './flight-observer.js';

export class Rpc {
  readonly life: CallLife;
  readonly #method: FlightMethod;
  readonly #observer: FlightObserver;
  readonly #startedAt = performance.now();
  #messages = 0;
  #bytes = 0;
  #blockedMs = 0;
  #blockedBefore = 0;

  constructor(method: FlightMethod, grpcCall: GrpcCall, observer: FlightObserver) {
    this.#method = method;
    this.#observer = observer;
    this.life = new CallLife(grpcCall);
    observer.rpcStarted(method);
  }

  queued(bytes: number): void {
    this.#observer.queueChanged(1, bytes);
  }

  dropped(bytes: number): void {
    this.#observer.queueChanged(-1, -bytes);
  }

  sent(bytes: number): void {
    this.#observer.queueChanged(-1, -bytes);
    this.#count(bytes);
  }

  /** For the one answer of a unary RPC, which is never queued. */
  answered(bytes: number): void {
    this.#count(bytes);
  }

  blocked(ms: number): void {
    this.#blockedMs += ms;
  }

  /** The last thing said of the RPC: `status` is its gRPC status code. */
  finish(status: number): void {
    this.life.end();
    this.#observer.rpcEnded(this.#method, {
      status,
      durationMs: performance.now() - this.#startedAt,
      messages: this.#messages,
      bytes: this.#bytes,
      blockedMs: this.#blockedMs,
    });
  }

  #count(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
    this.#observer.messageSent(this.#method, bytes, this.#blockedMs - this.#blockedBefore);
    this.#blockedBefore = this.#blockedMs;
  }
}
