/** How the Flight service is reached, from the configuration. */
import { createSecureContext } from 'node:tls';
import { ProcessorError } from '../../../workers/errors.js';
import type { ConsumeConfig } from '../../config/consume-settings.js';
import { addressText } from '../../config/kinds/address.js';
import type { ClientTls } from '../../grpc/client-channel.js';
import { readClientTls } from '../../security/client-tls.js';
import { Tokens } from '../../security/tokens.js';
import type { FlightTarget } from './ledger-stream.js';

/** Throws CONFIG_INVALID for files that cannot be read or do not go together. */
export function flightTarget(config: ConsumeConfig): FlightTarget {
  const token = new Tokens({
    tokens: config.flightToken === undefined ? [] : [config.flightToken],
    file: config.flightTokenFile,
    fileKey: 'FLIGHT_TOKEN_FILE',
  });
  return {
    address: addressText(config.flightEndpoint),
    token: () => token.first,
    ...(config.flightTls && { tls: flightTls(config) }),
  };
}

function flightTls(config: ConsumeConfig): ClientTls {
  const { flightTlsCa: ca, flightTlsCert: cert, flightTlsKey: key, flightTlsServerName: serverName } = config;
  const tls = readClientTls({ prefix: 'FLIGHT_TLS', ca, cert, key, serverName });
  try {
    createSecureContext(tls);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `FLIGHT_TLS_CERT and FLIGHT_TLS_KEY: a certificate and its key in PEM expected: ${reason}`;
    throw new ProcessorError('CONFIG_INVALID', message, { key: 'FLIGHT_TLS_CERT' }, error);
  }
  return tls;
}
