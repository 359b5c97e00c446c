/** TLS of connections to others, from PEM files. */
import type { ClientTls } from '../grpc/client-channel.js';
import { readPem } from './server-tls.js';

/** Paths, and the environment variables' common beginning, for errors. */
export interface ClientTlsFiles {
  /** `FLIGHT_TLS` for FLIGHT_TLS_CA and the others. */
  readonly prefix: string;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly serverName: string | undefined;
}

/** Throws CONFIG_INVALID for files that cannot be read. */
export function readClientTls({ prefix, ca, cert, key, serverName }: ClientTlsFiles): ClientTls {
  return {
    ...(ca !== undefined && { ca: readPem(`${prefix}_CA`, ca) }),
    ...(cert !== undefined && { cert: readPem(`${prefix}_CERT`, cert) }),
    ...(key !== undefined && { key: readPem(`${prefix}_KEY`, key) }),
    ...(serverName !== undefined && { serverName }),
  };
}
