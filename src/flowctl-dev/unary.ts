/** Unary gRPC methods from plain functions. */
import { type handleUnaryCall, type StatusObject, status } from '@grpc/grpc-js';

/** Ends a call with a status. */
export class Refusal extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** How flowctl's Go code says that it does not know an id: a plain error, which gRPC sends as UNKNOWN. */
export function unknownService(id: string): Refusal {
  return new Refusal(status.UNKNOWN, `service ${id} not found`);
}

/** Called before each answer, with the method's name: may delay it, or refuse by throwing. */
export type BeforeAnswer = (method: string) => Promise<void>;

export function unary<Request>(
  name: string,
  before: BeforeAnswer,
  answer: (request: Request) => object,
): handleUnaryCall<Request, object> {
  return (call, callback) => {
    before(name)
      .then(() => answer(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(statusOf(error)),
      );
  };
}

function statusOf(error: unknown): Partial<StatusObject> {
  if (error instanceof Refusal) return { code: error.code, details: error.message };
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) };
}
