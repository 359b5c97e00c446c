/**
 * One range from a gRPC source, over as many connections as it takes.
 *
 * - Each connection asks for ledgers from the exact next one on, so that nothing is missed between two.
 * - A source that goes on without a ledger is asked for it again, a limited number of times: gap retries. Every other
 *   interruption is waited out without limit; health shows it. New ledgers set both counts back.
 * - A source that says nothing for long is taken for hung. At the quiet tip of a network this, like sources that give up
 *   waiting themselves, only costs a new connection now and then: one that held long was no failure to back off from.
 */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { collectGarbage } from '../../workers/collect-garbage.js';
import { ProcessorError } from '../../workers/errors.js';
import { IDLE } from '../grpc/paced-stream.js';
import { isServiceError } from '../grpc/service-error.js';
import { backoffMs, type BackoffOptions } from './backoff.js';
import { Continuity, type DueMessage } from './continuity.js';
import type { LedgerChunk, LedgerRange, Room } from './ledger-source.js';
import {
  MAX_MESSAGE_BYTES,
  OversizeMessage,
  type SourceAddress,
  SourceConnection,
  USUAL_MESSAGE_BYTES,
} from './source-connection.js';
import { invalidMessage, otherNetwork, permanentGap, refused } from './source-errors.js';
import type { SourceMessage } from './source-message.js';
import type { ReconnectReason, SourceObserver, SourceStreamState, SourceStreamStatus } from './source-observer.js';
import { SOURCE_PROTOCOLS, type SourceProtocol } from './source-protocols.js';

export interface RangeStreamOptions {
  readonly address: SourceAddress;
  /** Compared with what chunks say; undefined compares nothing. */
  readonly networkPassphrase: string | undefined;
  readonly gapRetries: number;
  /** How long to wait for a ledger that others have overtaken. */
  readonly gapWaitMs: number;
  /** How long to wait for any message. */
  readonly idleTimeoutMs: number;
  readonly backoff: BackoffOptions;
  readonly random: () => number;
  readonly observer: SourceObserver;
}

/** Statuses that pass. A stream may also be cancelled by what stands between us and the source. */
const PASSING_STATUSES: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.INTERNAL,
  status.UNKNOWN,
  status.RESOURCE_EXHAUSTED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.CANCELLED,
]);

export class RangeStream {
  private readonly range: LedgerRange;
  private readonly options: RangeStreamOptions;
  private readonly room: Room | undefined;
  private readonly order: Continuity;
  private protocol: SourceProtocol = SOURCE_PROTOCOLS[0]!;
  private failures = 0;
  private gaps = 0;
  private connectedAtMs = Infinity;
  private state: SourceStreamState = { kind: 'connecting', failures: 0 };

  constructor(range: LedgerRange, options: RangeStreamOptions, room?: Room) {
    this.range = range;
    this.options = options;
    this.room = room;
    this.order = new Continuity(range);
  }

  get status(): SourceStreamStatus {
    return { ...this.range, nextLedger: this.order.next, state: this.state };
  }

  /** Ends after the range, or when `signal` is aborted. Throws a ProcessorError for what cannot be survived. */
  async *chunks(signal: AbortSignal): AsyncGenerator<LedgerChunk, void, undefined> {
    let largeBytes: number | undefined;
    while (!this.isOver(signal)) {
      try {
        if (largeBytes === undefined) yield* this.receive(signal);
        else for (const due of await this.receiveLarge(largeBytes, signal)) yield this.chunkOf(due);
        largeBytes = undefined;
      } catch (error) {
        if (this.isOver(signal)) return;
        largeBytes = error instanceof OversizeMessage ? error.bytes : undefined;
        if (largeBytes === undefined) await this.beforeNextAttempt(this.interruption(error), signal);
      }
    }
  }

  private isOver(signal: AbortSignal): boolean {
    return signal.aborted || this.order.isComplete;
  }

  private async *receive(signal: AbortSignal): AsyncGenerator<LedgerChunk, void, undefined> {
    const { order } = this;
    const { connection, close } = this.connect(USUAL_MESSAGE_BYTES, signal);
    try {
      while (!this.isOver(signal)) {
        const message = await this.next(connection);
        for (const due of this.accept(message)) yield this.chunkOf(due);
        if (order.isOverfull) throw new Interruption('gap', '');
      }
    } finally {
      close();
    }
  }

  /**
   * One message, when there is room for it, by a connection of its own: grpc-js keeps the parts of a message for as long as
   * the connection has no other one. Room is not kept for the next one, which may be long in coming.
   */
  private async receiveLarge(bytes: number, signal: AbortSignal): Promise<DueMessage[]> {
    if (bytes > MAX_MESSAGE_BYTES) {
      throw invalidMessage(this.order.next, `a message of ${bytes} bytes; at most ${MAX_MESSAGE_BYTES} are taken`);
    }
    await this.room?.forLarge(bytes);
    if (this.isOver(signal)) return [];
    const due = await this.receiveOne(bytes, signal);
    // By the next turn nothing holds the connection any more.
    await turn();
    collectGarbage();
    return due;
  }

  private async receiveOne(maxBytes: number, signal: AbortSignal): Promise<DueMessage[]> {
    const { connection, close } = this.connect(maxBytes, signal);
    try {
      const due = this.accept(await this.next(connection));
      if (this.order.earliestHeld !== undefined) throw new Interruption('gap', '');
      return due;
    } finally {
      close();
    }
  }

  /** A connection from the ledger due next on; aborting `signal` closes it, too. */
  private connect(
    maxBytes: number,
    signal: AbortSignal,
  ): { readonly connection: SourceConnection; readonly close: () => void } {
    const { order } = this;
    order.restart();
    this.connectedAtMs = Infinity;
    this.state = { kind: 'connecting', failures: this.failures };
    const rest = { startLedger: order.next, endLedger: this.range.endLedger };
    const connection = new SourceConnection(this.options.address, rest, maxBytes, this.protocol, () =>
      this.connected(connection),
    );
    const close = (): void => {
      signal.removeEventListener('abort', close);
      connection.close();
    };
    signal.addEventListener('abort', close);
    return { connection, close };
  }

  private async next(connection: SourceConnection): Promise<SourceMessage> {
    const { gapWaitMs, idleTimeoutMs } = this.options;
    const waitMs = this.order.earliestHeld === undefined ? idleTimeoutMs : gapWaitMs;
    const message = await connection.next(waitMs);
    if (message === IDLE) throw new Interruption('idle', `nothing came for ${waitMs} ms`);
    if (message === undefined) throw new Interruption('ended', 'the source ended the stream');
    this.protocol = connection.protocol;
    this.connected(connection);
    return message;
  }

  private connected({ protocol }: SourceConnection): void {
    this.connectedAtMs = Math.min(this.connectedAtMs, performance.now());
    this.state = { kind: 'streaming', protocol: protocol.name, failures: this.failures };
  }

  private accept(message: SourceMessage): DueMessage[] {
    const { networkPassphrase, observer } = this.options;
    const { order } = this;
    const said = message.networkPassphrase;
    if (networkPassphrase !== undefined && said !== undefined && said !== networkPassphrase) {
      throw otherNetwork(networkPassphrase, said, message.first);
    }
    const repeatedBefore = order.repeated;
    const due = order.accept(message);
    if (order.repeated > repeatedBefore) observer.repeated?.(order.repeated - repeatedBefore);
    if (due.some(({ first, last }) => first <= last)) this.failures = this.gaps = 0;
    return due;
  }

  private chunkOf({ message, first, last, repeatedFrom }: DueMessage): LedgerChunk {
    const { bytes, form } = message;
    const due = Math.max(0, last - first + 1);
    this.options.observer.received?.(due, bytes.byteLength, message.closedAt);
    const wanted = { firstLedger: first, lastLedger: last, checkedFrom: repeatedFrom };
    return {
      firstLedger: first,
      lastLedger: first + due - 1,
      inputs: [{ bytes, form, sequence: message.first, ...wanted }],
      bytes: bytes.byteLength,
      receivedAtMs: performance.now(),
    };
  }

  /** What ended a connection, if it may pass; throws otherwise. */
  private interruption(error: unknown): Interruption {
    if (error instanceof ProcessorError) throw error;
    const { order } = this;
    const interruption = error instanceof Interruption ? error : this.failure(error);
    // Chunks are asked for with their end: a source that ends the stream before it does not have the rest.
    const endedEarly = interruption.reason === 'ended' && this.protocol.isBounded && this.range.endLedger !== 0;
    const found = order.earliestHeld ?? (endedEarly ? this.range.endLedger + 1 : undefined);
    if (found === undefined) return interruption;
    if (this.gaps === this.options.gapRetries) throw permanentGap(order.next, found, this.gaps);
    this.gaps += 1;
    return new Interruption('gap', `ledger ${order.next} expected, the source went on with ${found}`);
  }

  private failure(error: unknown): Interruption {
    if (!isServiceError(error)) throw error;
    const answer = `${status[error.code]}: ${error.details}`;
    if (PASSING_STATUSES.has(error.code)) return new Interruption('failed', answer);
    throw refused(this.options.address.target, this.order.next, answer, error);
  }

  private async beforeNextAttempt({ reason, message }: Interruption, signal: AbortSignal): Promise<void> {
    const { backoff, random, observer } = this.options;
    if (performance.now() - this.connectedAtMs >= backoff.maxMs) this.failures = 0;
    const waitMs = backoffMs(this.failures, backoff, random);
    this.failures += 1;
    this.state = {
      kind: 'waiting',
      failures: this.failures,
      lastError: message,
      retryAtMs: performance.now() + waitMs,
    };
    observer.reconnecting?.(reason, message);
    // An abort ends the wait; the caller looks at the signal.
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** The end of a connection that is no end of the range. */
class Interruption extends Error {
  readonly reason: ReconnectReason;

  constructor(reason: ReconnectReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
