/**
 * Why a gRPC server cannot be reached by TLS. grpc-js says UNAVAILABLE for a certificate that never fits as for a server
 * that is away for a moment, and may lose the server's alert; so the handshake is made once more, and nothing is sent.
 *
 *   handshake ── our side refuses the certificate ──> certificate
 *       │     └─ the server sends an alert ─────────> refused: RFC 8446, 6.2; by TLS 1.3 after the handshake
 *       └─ the server's first bytes (HTTP/2 SETTINGS: RFC 9113, 3.4) ──> nothing is wrong with TLS
 */
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { ClientTls } from './client-channel.js';

export interface TlsFault {
  /** The server's certificate is not accepted here, or there is no agreement on TLS, such as about our own certificate. */
  readonly kind: 'certificate' | 'refused';
  readonly reason: string;
}

const HANDSHAKE_TIMEOUT_MS = 5000;

/**
 * Undefined where TLS with `address` (`host:port`) works, or nothing is known of it: the server is away, or closes the
 * connection without a word.
 */
export function tlsFault(
  address: string,
  { ca, cert, key, serverName }: ClientTls,
  signal: AbortSignal,
): Promise<TlsFault | undefined> {
  const { hostname, port } = new URL(`https://${address}`);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({
      host,
      // A URL leaves out the port that its scheme has anyway.
      port: port === '' ? 443 : Number(port),
      // RFC 6066, 3: an IP address is no server name. Node then checks the certificate for `host`.
      servername: serverName ?? (isIP(host) === 0 ? host : ''),
      ALPNProtocols: ['h2'],
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    });
    const done = (fault?: TlsFault): void => {
      signal.removeEventListener('abort', stop);
      clearTimeout(timer);
      socket.destroy();
      resolve(fault);
    };
    const stop = (): void => done();
    const timer = setTimeout(done, HANDSHAKE_TIMEOUT_MS);
    signal.addEventListener('abort', stop, { once: true });
    socket.once('data', stop);
    socket.once('close', stop);
    socket.on('error', (error: Error & { readonly code?: string; readonly reason?: string }) => {
      // Node says so of errors of its own check. The types know no absence of it.
      if ((socket.authorizationError as unknown) != null) done({ kind: 'certificate', reason: error.message });
      else if (error.code?.startsWith('ERR_SSL_') === true) {
        done({ kind: 'refused', reason: error.reason ?? error.code });
      } else done();
    });
  });
}
