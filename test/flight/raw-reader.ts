/**
 * A gRPC reader straight on node:http2, which does exactly what it is told: reads nothing, vanishes, sends any header.
 * A request or response message is framed as 00 | uint32 length | bytes.
 */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { FrameSplitter } from './frame-splitter.js';

export interface RawReply {
  readonly messages: Buffer[];
  readonly status: number;
  /** Percent-encoded, as it came. */
  readonly encodedText: string;
  readonly text: string;
}

export interface RawCall {
  readonly session: ClientHttp2Session;
  readonly messages: Buffer[];
  /** Resolves with the response headers. */
  readonly headers: Promise<IncomingHttpHeaders>;
  /** Reads to the end. */
  read(): Promise<RawReply>;
  /** Resets the stream, as a client that cancels does. */
  cancel(): void;
  close(): void;
}

export function rawCall(port: number, method: string, request: Uint8Array, headers: IncomingHttpHeaders = {}): RawCall {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': `/arrow.flight.protocol.FlightService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => undefined);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(request.byteLength, 1);
  stream.end(Buffer.concat([prefix, request]));

  const splitter = new FrameSplitter();
  const messages: Buffer[] = [];
  let status: IncomingHttpHeaders = {};
  const first = new Promise<IncomingHttpHeaders>((resolve) => {
    stream.once('response', (response) => {
      if ('grpc-status' in response) status = response;
      resolve(response);
    });
  });
  stream.on('trailers', (trailers: IncomingHttpHeaders) => (status = trailers));
  return {
    session,
    messages,
    headers: first,
    cancel: () => stream.close(8),
    close: () => session.destroy(),
    read: () =>
      new Promise((resolve) => {
        stream.on('data', (chunk: Buffer) => messages.push(...splitter.split(chunk)));
        stream.once('close', () => {
          session.destroy();
          const encodedText = String(status['grpc-message'] ?? '');
          resolve({ messages, status: Number(status['grpc-status']), encodedText, text: decodeURI(encodedText) });
        });
      }),
  };
}
