/** What protects each listener of the service, from its configuration. */
import type { ServeConfig } from '../config/serve-settings.js';
import { type ServerTls, readServerTls } from './server-tls.js';
import { Tokens } from './tokens.js';

export interface ListenerSecurity {
  readonly tls: ServerTls | undefined;
  readonly tokens: Tokens;
}

export interface ServiceSecurity {
  readonly flight: ListenerSecurity;
  readonly control: ListenerSecurity;
  readonly health: ListenerSecurity;
}

/** Reads all files that the configuration names. Throws CONFIG_INVALID. */
export function serviceSecurity(config: ServeConfig): ServiceSecurity {
  return {
    flight: {
      tls: readServerTls({
        prefix: 'FLIGHT_TLS',
        cert: config.flightTlsCert,
        key: config.flightTlsKey,
        clientCa: config.flightTlsClientCa,
      }),
      tokens: new Tokens({ tokens: config.flightTokens, file: config.flightTokensFile, fileKey: 'FLIGHT_TOKENS_FILE' }),
    },
    control: {
      tls: readServerTls({
        prefix: 'GRPC_TLS',
        cert: config.grpcTlsCert,
        key: config.grpcTlsKey,
        clientCa: config.grpcTlsClientCa,
      }),
      tokens: new Tokens({ tokens: config.grpcTokens, file: config.grpcTokensFile, fileKey: 'GRPC_TOKENS_FILE' }),
    },
    health: {
      tls: readServerTls({
        prefix: 'HEALTH_TLS',
        cert: config.healthTlsCert,
        key: config.healthTlsKey,
        clientCa: config.healthTlsClientCa,
      }),
      tokens: new Tokens({ tokens: config.healthTokens, file: config.healthTokensFile, fileKey: 'HEALTH_TOKENS_FILE' }),
    },
  };
}

const EVERY_INTERFACE = new Set(['', '0.0.0.0', '::']);
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** What an operator should know of listeners that strangers can reach. */
export function exposureWarnings(config: ServeConfig): string[] {
  const listeners = [
    {
      name: 'FLIGHT',
      host: config.flightAddress.host,
      hasTls: config.flightTlsCert !== undefined,
      hasClientCa: config.flightTlsClientCa !== undefined,
      hasTokens: config.flightTokens.length > 0 || config.flightTokensFile !== undefined,
    },
    {
      name: 'GRPC',
      host: config.grpcAddress.host,
      hasTls: config.grpcTlsCert !== undefined,
      hasClientCa: config.grpcTlsClientCa !== undefined,
      hasTokens: config.grpcTokens.length > 0 || config.grpcTokensFile !== undefined,
    },
  ];
  return listeners.flatMap(({ name, host, hasTls, hasClientCa, hasTokens }) => {
    if (hasTokens && !hasTls && !LOOPBACK.test(host)) {
      return [`${name}_TOKENS without ${name}_TLS_CERT: tokens cross the network in clear text`];
    }
    if (hasTokens || hasClientCa || !EVERY_INTERFACE.has(host)) return [];
    const missing = hasTls ? 'a token or client certificates' : 'TLS or a token';
    return [`${name}_ADDRESS listens on every interface without ${missing}: anyone who can reach the port can use it`];
  });
}
