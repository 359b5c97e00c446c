/** Calls as any gRPC client makes them, with what it shows of itself: certificates and headers. */
import assert from 'node:assert/strict';
import {
  Client,
  type ChannelCredentials,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { encode } from '../flight/google-protobuf.js';
import type { TestCertificate } from './certificates.js';

export interface Caller {
  readonly port: number;
  readonly tls?: {
    readonly ca: Buffer;
    /** That the server's certificate is for: Node 26 takes no address for it, which grpc-js would give. */
    readonly name: string;
    readonly own?: TestCertificate;
  };
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  /** Sends messages compressed by gzip. */
  readonly packs?: boolean;
}

export const FLIGHT_INFO = '/arrow.flight.protocol.FlightService/GetFlightInfo';
export const HEALTH_CHECK = '/grpc.health.v1.Health/Check';
const same = (bytes: Buffer): Buffer => bytes;

/** The status of a unary call, and its answer or text. */
export async function call(
  path: string,
  message: Uint8Array,
  { port, tls, headers = {}, packs = false }: Caller,
): Promise<{ code: status; text: string; answer?: Buffer }> {
  const grpcClient = new Client(`127.0.0.1:${port}`, credentialsOf(tls), {
    'grpc.use_local_subchannel_pool': 1,
    ...(tls && { 'grpc.ssl_target_name_override': tls.name }),
    ...(packs && { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }),
  });
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  try {
    return await new Promise((resolve) => {
      const deadline = Date.now() + 3_000;
      grpcClient.makeUnaryRequest(path, same, same, Buffer.from(message), metadata, { deadline }, (error, answer) => {
        if (error === null) resolve({ code: status.OK, text: '', answer: answer! });
        else resolve({ code: error.code, text: error.details });
      });
    });
  } finally {
    grpcClient.close();
  }
}

function credentialsOf(tls: Caller['tls']): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(tls.ca, tls.own?.key ?? null, tls.own?.cert ?? null);
}

/** How a listing of services by reflection ends. */
export async function reflection({ port, headers = {} }: Caller): Promise<status> {
  const grpcClient = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  try {
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const stream = grpcClient.makeBidiStreamRequest(path, same, same, metadata);
    // ServerReflectionRequest { 7: list_services }
    stream.write(Buffer.from('3a00', 'hex'));
    stream.end();
    for await (const answer of stream) assert.ok((answer as Buffer).includes('grpc.health.v1.Health'));
    return status.OK;
  } catch (error) {
    return (error as ServiceError).code;
  } finally {
    grpcClient.close();
  }
}

export async function handshake(
  port: number,
  headers: Record<string, string>,
  payload?: Buffer,
): Promise<{ code: status; headers: Metadata; messages: Buffer[] }> {
  const grpcClient = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const stream = grpcClient.makeBidiStreamRequest(
    '/arrow.flight.protocol.FlightService/Handshake',
    same,
    same,
    metadata,
  );
  const messages: Buffer[] = [];
  let received = new Metadata();
  stream.on('metadata', (response: Metadata) => (received = response));
  if (payload !== undefined) stream.write(encode('HandshakeRequest', { Payload: payload }));
  stream.end();
  try {
    for await (const message of stream) messages.push(message as Buffer);
    return { code: status.OK, headers: received, messages };
  } catch (error) {
    return { code: (error as ServiceError).code, headers: received, messages };
  } finally {
    grpcClient.close();
  }
}
