/** Sends a server-streaming call's messages one by one, each when the one before it has left. */
import { Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import { asProcessorError } from '../../workers/errors.js';
import type { MessageFrame } from '../grpc/message-frame.js';
import { aborted } from './aborted.js';
import { StreamFailure } from './stream-failure.js';

/**
 * Runs `messages` to its end, or until the client cancels, which aborts the signal it is given. The stream ends with OK,
 * with a {@link StreamFailure}'s status, or with INTERNAL for any other error.
 */
export function serveStream<Request>(
  call: ServerWritableStream<Request, MessageFrame>,
  messages: (request: Request, signal: AbortSignal) => AsyncIterable<MessageFrame>,
): void {
  const cancelled = new AbortController();
  call.on('cancelled', () => cancelled.abort());
  // Tells the client at once that the call has begun: the first ledger may be long in coming.
  call.sendMetadata(new Metadata());
  sendAll(call, messages(call.request, cancelled.signal), cancelled.signal).then(
    () => call.end(),
    (error: unknown) => {
      if (!cancelled.signal.aborted) call.emit('error', statusOf(error));
    },
  );
}

export function statusOf(error: unknown): { code: number; details: string } {
  if (error instanceof StreamFailure) return { code: error.code, details: error.details };
  const { code, message, facts } = asProcessorError(error);
  return { code: facts.grpcStatus, details: `${code}: ${message}` };
}

async function sendAll(
  call: ServerWritableStream<unknown, MessageFrame>,
  messages: AsyncIterable<MessageFrame>,
  signal: AbortSignal,
): Promise<void> {
  const cancelled = aborted(signal);
  for await (const message of messages) {
    // After a cancellation grpc-js may never call back.
    await Promise.race([new Promise<void>((resolve) => call.write(message, () => resolve())), cancelled]);
    if (signal.aborted) return;
    message.free();
  }
}
