/** How a call ends: gRPC status and text of whatever was thrown. */
import { asProcessorError, GRPC_STATUS } from '../../workers/errors.js';

export interface CallStatus {
  /** gRPC status code. */
  readonly code: number;
  /** `CODE: message`, safe to send. */
  readonly details: string;
}

export const OK: CallStatus = { code: 0, details: 'OK' };

/** Bytes of a text as sent, percent-encoded. Clients take 8 KiB of headers in all; longer texts trip them. */
const MAX_TEXT_BYTES = 2000;
/** Of these, for the end of a text that is cut: it says where to resume. */
const TAIL_BYTES = 400;
const CUT = ' ... ';

/** A refusal by the protocol rather than by what was asked for, so without a row in the table of errors. */
export class FlightRefusal extends Error {
  override readonly name = 'FlightRefusal';
  readonly status: keyof typeof GRPC_STATUS;

  constructor(status: keyof typeof GRPC_STATUS, message: string) {
    super(message);
    this.status = status;
  }
}

export function statusOf(error: unknown): CallStatus {
  if (error instanceof FlightRefusal) {
    return { code: GRPC_STATUS[error.status], details: sendable(`${error.status}: ${error.message}`) };
  }
  const { code, facts, message } = asProcessorError(error);
  return { code: facts.grpcStatus, details: sendable(`${code}: ${message}`) };
}

/** `text` below 2 KiB once encoded, cut in the middle where it must be, with lone surrogates replaced. */
function sendable(text: string): string {
  const wellFormed = Buffer.from(text).toString();
  if (encodedBytes(wellFormed) <= MAX_TEXT_BYTES) return wellFormed;
  const characters = Array.from(wellFormed);
  const head = within(characters.slice(0, MAX_TEXT_BYTES), MAX_TEXT_BYTES - TAIL_BYTES - encodedBytes(CUT));
  const tail = within(characters.slice(-TAIL_BYTES).reverse(), TAIL_BYTES).reverse();
  return head.join('') + CUT + tail.join('');
}

/** The first of `characters` that take at most `bytes`. */
function within(characters: string[], bytes: number): string[] {
  let used = 0;
  const end = characters.findIndex((character) => (used += encodedBytes(character)) > bytes);
  return end === -1 ? characters : characters.slice(0, end);
}

/** grpc-js sends `encodeURI(details)`, which throws for lone surrogates. */
function encodedBytes(text: string): number {
  return encodeURI(text).length;
}
