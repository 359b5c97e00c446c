/**
 * Connections with the meaning that libpq gives to sslmode (https://www.postgresql.org/docs/current/libpq-ssl.html):
 *
 * | mode        | tries            | checks of the certificate                      |
 * |-------------|------------------|------------------------------------------------|
 * | disable     | plain            |                                                |
 * | allow       | plain, then TLS  | as verify-ca where a root certificate is given |
 * | prefer      | TLS, then plain  | as verify-ca where a root certificate is given |
 * | require     | TLS              | as verify-ca where a root certificate is given |
 * | verify-ca   | TLS              | signed by one of the authorities               |
 * | verify-full | TLS              | that, and made out to the host                 |
 */
import { isIP } from 'node:net';
import { rootCertificates, type ConnectionOptions } from 'node:tls';
import { Client, type ClientConfig } from 'pg';
import { readPem } from '../../security/server-tls.js';
import type { DatabaseTarget } from './database-target.js';

/** A connected client. Throws what the last attempt threw; {@link isTransient} tells whether to try again. */
export async function connect(target: DatabaseTarget): Promise<Client> {
  const attempts = clientConfigs(target);
  for (const [i, config] of attempts.entries()) {
    const client = new Client(config);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (i === attempts.length - 1 || !mayBeForTheOtherWay(error)) throw error;
    }
  }
  throw new Error('no way to connect');
}

/** What to try, in this order: one configuration, or two for the modes that take what they get. */
function clientConfigs(target: DatabaseTarget): readonly ClientConfig[] {
  const { host, port, database, user, password, applicationName, connectTimeoutMs } = target;
  const base: ClientConfig = {
    host,
    port,
    database,
    user,
    ...(password !== undefined && { password }),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  };
  const plain: ClientConfig = { ...base, ssl: false };
  // As for libpq, TLS is for TCP only.
  if (host.startsWith('/') || target.sslMode === 'disable') return [plain];
  const secured: ClientConfig = { ...base, ssl: tlsOptions(target) };
  switch (target.sslMode) {
    case 'allow':
      return [plain, secured];
    case 'prefer':
      return [secured, plain];
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return [secured];
  }
}

function tlsOptions({ host, sslMode, sslRootCert }: DatabaseTarget): ConnectionOptions {
  // No name is sent for an IP address (RFC 6066 section 3).
  const serverName: ConnectionOptions = isIP(host) === 0 ? { servername: host } : {};
  if (sslRootCert === undefined) return { ...serverName, rejectUnauthorized: false };
  const ca = sslRootCert === 'system' ? [...rootCertificates] : readPem('DB_SSLROOTCERT', sslRootCert).toString();
  if (sslMode === 'verify-full') return { ...serverName, ca, rejectUnauthorized: true };
  return { ...serverName, ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
}

/** The server may refuse TLS, or one way of connecting by its pg_hba.conf; a host that is not there is so either way. */
function mayBeForTheOtherWay(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  const INVALID_AUTHORIZATION = '28000';
  if (code === INVALID_AUTHORIZATION) return true;
  const message = error instanceof Error ? error.message : '';
  return /does not support SSL|error establishing an SSL connection|SSL routines|socket disconnected/.test(message);
}
