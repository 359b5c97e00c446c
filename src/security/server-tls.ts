/** TLS of listeners, from PEM files. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { ProcessorError } from '../../workers/errors.js';

/** Paths, and the environment variables' common beginning, for errors. */
export interface TlsFiles {
  /** `FLIGHT_TLS` for FLIGHT_TLS_CERT and the others. */
  readonly prefix: string;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly clientCa?: string | undefined;
}

/** PEM. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Clients must have a certificate that one of these authorities signed. */
  readonly clientCa?: Buffer;
}

/** Undefined where there is no certificate. Throws CONFIG_INVALID for files that cannot be read or do not go together. */
export function readServerTls({ prefix, cert, key, clientCa }: TlsFiles): ServerTls | undefined {
  if (cert === undefined || key === undefined) return undefined;
  const tls: ServerTls = {
    cert: readPem(`${prefix}_CERT`, cert),
    key: readPem(`${prefix}_KEY`, key),
    ...(clientCa !== undefined && { clientCa: readPem(`${prefix}_CLIENT_CA`, clientCa) }),
  };
  try {
    createSecureContext({ cert: tls.cert, key: tls.key, ca: tls.clientCa });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${prefix}_CERT and ${prefix}_KEY: a certificate and its key in PEM expected: ${reason}`;
    throw new ProcessorError('CONFIG_INVALID', message, { key: `${prefix}_CERT` }, error);
  }
  return tls;
}

/** Contents of a PEM file. Throws CONFIG_INVALID, which names `key`. */
export function readPem(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProcessorError('CONFIG_INVALID', `${key}: cannot be read: ${reason}`, { key }, error);
  }
}

/** Plaintext where `tls` is undefined. */
export function serverCredentials(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { cert, key, clientCa } = tls;
  return ServerCredentials.createSsl(
    clientCa ?? null,
    [{ cert_chain: cert, private_key: key }],
    clientCa !== undefined,
  );
}
