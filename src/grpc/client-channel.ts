/** What the gRPC clients of this program have in common: TLS, and a connection of their own. */
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';

export interface ClientTls {
  /** PEM. Without `ca` the system's certificates are trusted; `cert` and `key` are the client's own. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** The name that the server's certificate must be for, where it is not the target's host. */
  readonly serverName?: string;
}

/** Plaintext where `tls` is absent. */
export function clientCredentials(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

/** Each attempt makes a connection of its own: a hung one is not met again, and the backoff is the caller's alone. */
export function ownConnection(tls: ClientTls | undefined): ChannelOptions {
  return {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    ...(tls?.serverName !== undefined && {
      'grpc.ssl_target_name_override': tls.serverName,
      'grpc.default_authority': tls.serverName,
    }),
  };
}
