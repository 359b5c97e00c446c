/**
 * Lets a handler of a client stream decide when the next message is read. grpc-js reads 16 messages ahead into an object
 * stream, however large they are; here what was not asked for stays on the other side of HTTP/2 flow control.
 */
import {
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';

/** Reads of one call, each let through by one {@link ReadGate.admit}. */
export class ReadGate {
  private permits = 0;
  private waiting: (() => void) | undefined;

  admit(): void {
    const read = this.waiting;
    this.waiting = undefined;
    if (read === undefined) this.permits += 1;
    else read();
  }

  /** The object stream asks for one message at a time. */
  pass(read: () => void): void {
    if (this.permits === 0) this.waiting = read;
    else {
      this.permits -= 1;
      read();
    }
  }
}

/** A call's metadata object is the one thing that interceptor and handler both see. */
const gates = new WeakMap<Metadata, ReadGate>();

/** For the option `interceptors` of a server: holds the reads of the method at `path`. */
export function pacedReads(path: string): ServerInterceptor {
  return (method, call) => {
    if (method.path !== path) return new ServerInterceptingCall(call);
    return new GatedCall(call, new ReadGate());
  };
}

/** The gate of the call that came with `metadata`. */
export function readGateOf(metadata: Metadata): ReadGate {
  const gate = gates.get(metadata);
  if (gate === undefined) throw new Error('the server lacks the interceptor that paces reads');
  return gate;
}

class GatedCall extends ServerInterceptingCall {
  private readonly gate: ReadGate;

  constructor(...[call, gate]: [ConstructorParameters<typeof ServerInterceptingCall>[0], ReadGate]) {
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        gates.set(metadata, gate);
        next(metadata);
      })
      .build();
    super(call, new ResponderBuilder().withStart((next) => next(listener)).build());
    this.gate = gate;
  }

  override startRead(): void {
    this.gate.pass(() => super.startRead());
  }
}
