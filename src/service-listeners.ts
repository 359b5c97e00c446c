/** How the service's gRPC servers begin to listen, and how they end. */
import { promisify } from 'node:util';
import type { Server } from '@grpc/grpc-js';
import { ProcessorError } from '../workers/errors.js';
import type { Address } from './config/kinds/address.js';
import type { ListenerSecurity } from './security/listener-security.js';
import { serverCredentials } from './security/server-tls.js';

/**
 * Binds `server`; an empty host is every interface, IPv6 and IPv4 alike. Rejects with LISTEN_FAILED, which names `key`.
 */
export async function bind(
  server: Server,
  key: string,
  { host, port }: Address,
  { tls }: ListenerSecurity,
): Promise<number> {
  const bindAsync = promisify(server.bindAsync.bind(server));
  const hosts = host === '' ? ['[::]', '0.0.0.0'] : [host.includes(':') ? `[${host}]` : host];
  let failure: unknown;
  for (const candidate of hosts) {
    try {
      return await bindAsync(`${candidate}:${port}`, serverCredentials(tls));
    } catch (error) {
      failure = error;
    }
  }
  const reason = failure instanceof Error ? failure.message : String(failure);
  throw new ProcessorError('LISTEN_FAILED', `${key}: cannot listen on ${host}:${port}: ${reason}`, { key }, failure);
}

/** Lets calls end; cuts them off when `signal` says that time is short. */
export async function closeServer(server: Server, signal: AbortSignal): Promise<void> {
  const force = (): void => server.forceShutdown();
  signal.addEventListener('abort', force, { once: true });
  if (signal.aborted) force();
  await promisify(server.tryShutdown.bind(server))();
}
