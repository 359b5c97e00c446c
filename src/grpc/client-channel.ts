/** What the gRPC clients of this program have in common: TLS, and a connection of their own. */
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';

export interface ClientTls {
  /** PEM. Without `ca` the system's certificates are trusted; `cert` and `key` are the client's own. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** The name that the server's certificate must be for, where it is not the target's host. */
  readonly serverName?: string;
}

/**
 * Told to a server that is reached by its address. RFC 6066, 3: an IP address is no server name; grpc-js 1.14.7 gives it as
 * one all the same, of which Node 20 to 24 warn, and which Node 26 refuses.
 */
const NAME_OF_AN_ADDRESS = 'ip-address.invalid';

/** For a channel to `target`. Plaintext where `tls` is absent. */
export function clientCredentials(target: string, tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const ip = checkedAddress(target, tls);
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null, {
    ...(ip !== undefined && { checkServerIdentity: (_name, certificate) => checkServerIdentity(ip, certificate) }),
  });
}

/** Each attempt makes a connection of its own: a hung one is not met again, and the backoff is the caller's alone. */
export function ownConnection(target: string, tls: ClientTls | undefined): ChannelOptions {
  const hasNoName = tls !== undefined && checkedAddress(target, tls) !== undefined;
  return {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    ...(tls?.serverName !== undefined && {
      'grpc.ssl_target_name_override': tls.serverName,
      'grpc.default_authority': tls.serverName,
    }),
    ...(hasNoName && { 'grpc.ssl_target_name_override': NAME_OF_AN_ADDRESS }),
  };
}

/** The IP address that the server's certificate must be for; undefined where it is to be for a name. */
function checkedAddress(target: string, { serverName }: ClientTls): string | undefined {
  const host = serverName ?? target.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? undefined : host;
}
