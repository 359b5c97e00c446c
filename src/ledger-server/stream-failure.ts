import type { status } from '@grpc/grpc-js';

/** Ends a call with a gRPC status. */
export class StreamFailure extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}
