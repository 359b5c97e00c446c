/** Handlers of unary RPCs as functions: what they throw becomes a gRPC status. */
import type { handleUnaryCall } from '@grpc/grpc-js';
import { statusOf } from '../flight/status.js';

export function unary<Request, Response>(answer: (request: Request) => Response): handleUnaryCall<Request, Response> {
  return (call, respond) => {
    try {
      respond(null, answer(call.request));
    } catch (error) {
      respond(statusOf(error));
    }
  };
}

/** google.protobuf.Timestamp */
export function timestamp(date: Date): { seconds: string; nanos: number } {
  const seconds = Math.floor(date.getTime() / 1000);
  return { seconds: String(seconds), nanos: (date.getTime() - seconds * 1000) * 1_000_000 };
}
