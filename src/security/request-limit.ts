/**
 * A bound on the requests of a gRPC server in which one method takes larger ones: grpc-js has one limit for a server's
 * methods altogether.
 */
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/**
 * What grpc-js goes by, in the call that a server's first interceptor is given. Looked at in 1.14.7: its public ways are
 * `grpc.max_receive_message_length`, read from the server's options alone, and interceptors, which see a message when all
 * of it is in memory; options of HTTP/2 sessions know nothing of messages.
 */
interface ReceivingCall {
  /** For what a compressed message unpacks to. */
  maxReceiveMessageSize?: number;
  readonly decoder?: { maxReadMessageLength?: number };
}

/**
 * Refuses messages of more than `maxBytes` with RESOURCE_EXHAUSTED before they are received, but for the method at `exempt`,
 * which has the server's own limit. To be the first of a server's interceptors. The limits are private members of grpc-js:
 * where they are not there, nothing more is bounded than by the server.
 */
export function requestLimit(maxBytes: number, exempt: string): ServerInterceptor {
  return ({ path }, call) => {
    const receiving = call as unknown as ReceivingCall;
    if (path !== exempt && receiving.decoder?.maxReadMessageLength !== undefined) {
      receiving.decoder.maxReadMessageLength = maxBytes;
      receiving.maxReceiveMessageSize = maxBytes;
    }
    return new ServerInterceptingCall(call);
  };
}
