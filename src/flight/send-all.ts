/**
 * Messages of one stream into grpc-js, at the reader's pace.
 *
 * - At most {@link MAX_QUEUED_MESSAGES} are in grpc-js at a time, whatever its own high-water mark of 16; the next one is
 *   pulled from its source when there is room again.
 * - A message counts as sent when the transport has called back for it, which it does in order.
 * - When the call ends early, what is queued is dropped and the source's `return()` runs. Nobody waits for it: an async
 *   generator that stands in an `await` returns only after that, which is what the call's signal is for.
 */
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { Rpc } from './rpc.js';

/** One on its way through the socket, one ready behind it. */
export const MAX_QUEUED_MESSAGES = 2;

export interface Sendable<M> {
  /** Encoded bytes; throws for a message that must not be sent. */
  length(message: M): number;
  /** The transport no longer holds the message; `sent` is false when it was dropped. */
  settled(message: M, sent: boolean): void;
}

/** Resolves when the transport has taken everything; rejects with the source's error, or when the call is over. */
export async function sendAll<M>(
  stream: ServerWritableStream<Buffer, M>,
  rpc: Rpc,
  messages: AsyncIterable<M>,
  kind: Sendable<M>,
): Promise<void> {
  const source = messages[Symbol.asyncIterator]();
  const queue = new SendQueue(stream, rpc, kind);
  try {
    for (let next = await pull(source, rpc, kind); next.done !== true; next = await pull(source, rpc, kind)) {
      await queue.send(next.value);
    }
    await queue.drained();
  } catch (error) {
    source.return?.().then(ignore, ignore);
    // What came before an error goes out before it.
    await queue.drained();
    throw error;
  } finally {
    queue.drop();
  }
}

/** The next message of `source`. One that comes when the call is over already is dropped. */
async function pull<M>(source: AsyncIterator<M>, rpc: Rpc, kind: Sendable<M>): Promise<IteratorResult<M>> {
  const next = source.next();
  try {
    return await rpc.life.race(next);
  } catch (error) {
    next.then((late) => late.done !== true && kind.settled(late.value, false), ignore);
    throw error;
  }
}

class SendQueue<M> {
  readonly #stream: ServerWritableStream<Buffer, M>;
  readonly #rpc: Rpc;
  readonly #kind: Sendable<M>;
  readonly #held: { readonly message: M; readonly bytes: number }[] = [];
  #wake: (() => void) | undefined;

  constructor(stream: ServerWritableStream<Buffer, M>, rpc: Rpc, kind: Sendable<M>) {
    this.#stream = stream;
    this.#rpc = rpc;
    this.#kind = kind;
  }

  /** Hands `message` over and waits until there is room for another one. */
  async send(message: M): Promise<void> {
    const bytes = this.#length(message);
    this.#held.push({ message, bytes });
    this.#rpc.queued(bytes);
    this.#stream.write(message, (error: unknown) => {
      if (!error) this.#sent();
    });
    if (this.#held.length < MAX_QUEUED_MESSAGES) return;
    const since = performance.now();
    try {
      await this.#until(MAX_QUEUED_MESSAGES - 1);
    } finally {
      this.#rpc.blocked(performance.now() - since);
    }
  }

  drained(): Promise<void> {
    return this.#until(0);
  }

  /** Lets go of everything still held. */
  drop(): void {
    for (const { message, bytes } of this.#held.splice(0)) {
      this.#rpc.dropped(bytes);
      this.#kind.settled(message, false);
    }
  }

  #length(message: M): number {
    try {
      return this.#kind.length(message);
    } catch (error) {
      this.#kind.settled(message, false);
      throw error;
    }
  }

  #sent(): void {
    const first = this.#held.shift();
    if (first === undefined) return;
    this.#rpc.sent(first.bytes);
    this.#kind.settled(first.message, true);
    this.#wake?.();
  }

  /** Resolves when at most `limit` messages are held; rejects when the call is over. */
  async #until(limit: number): Promise<void> {
    while (this.#held.length > limit) {
      await this.#rpc.life.race(new Promise<void>((resolve) => (this.#wake = resolve)));
    }
  }
}

function ignore(): void {
  // The call has its status; what a stopped source still says concerns nobody.
}
