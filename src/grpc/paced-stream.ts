/**
 * A server-streaming gRPC call read at its consumer's pace.
 *
 * grpc-js reads up to 16 messages ahead into an object stream, however large they are. Here the call's reads wait until
 * the consumer has taken the message before: at most {@link MESSAGES_AHEAD} wait for it, and what comes after them
 * stays on the other side of HTTP/2 flow control.
 */
import { type ClientReadableStream, InterceptingCall, type Interceptor } from '@grpc/grpc-js';

/** One message is received while the one before it is worked on; more would only hold memory. */
const MESSAGES_AHEAD = 1;

/** What {@link PacedStream.next} gives when nothing came in time. */
export const IDLE = Symbol('idle');

export class PacedStream<Message> {
  private readonly gate = new ReadGate(MESSAGES_AHEAD);
  private readonly call: ClientReadableStream<Message>;
  private readonly messages: AsyncIterator<Message, undefined>;

  /** `open` starts the call, with the interceptor it is given. */
  constructor(open: (interceptor: Interceptor) => ClientReadableStream<Message>) {
    this.call = open((options, nextCall) => new GatedCall(nextCall(options), this.gate));
    // A status may arrive while nobody waits for a message; the iterator repeats it in its turn.
    this.call.on('error', () => undefined);
    this.messages = this.call[Symbol.asyncIterator]() as AsyncIterator<Message, undefined>;
  }

  /**
   * The next message; undefined when the server ended the stream with OK; {@link IDLE} when `timeoutMs` passed, after
   * which the stream can only be cancelled. Throws the call's ServiceError.
   */
  async next(timeoutMs: number): Promise<Message | undefined | typeof IDLE> {
    const message = await within(this.messages.next(), timeoutMs);
    if (message === IDLE) return IDLE;
    if (message.done === true) return undefined;
    this.gate.admit();
    return message.value;
  }

  cancel(): void {
    this.call.cancel();
  }
}

async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | typeof IDLE> {
  // Given up, it will still be rejected by the cancellation.
  promise.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<typeof IDLE>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, IDLE);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets a number of reads pass, and one more for each message taken. The object stream asks for one at a time. */
class ReadGate {
  private permits: number;
  private waiting: (() => void) | undefined;

  constructor(permits: number) {
    this.permits = permits;
  }

  pass(read: () => void): void {
    if (this.permits > 0) {
      this.permits -= 1;
      read();
    } else this.waiting = read;
  }

  admit(): void {
    const read = this.waiting;
    if (read === undefined) this.permits += 1;
    else {
      this.waiting = undefined;
      read();
    }
  }
}

class GatedCall extends InterceptingCall {
  private readonly gate: ReadGate;

  constructor(...[nextCall, gate]: [ConstructorParameters<typeof InterceptingCall>[0], ReadGate]) {
    super(nextCall);
    this.gate = gate;
  }

  override startRead(): void {
    this.gate.pass(() => super.startRead());
  }
}
