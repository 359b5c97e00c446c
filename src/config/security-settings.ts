/** The settings of `serve` that protect its listeners. Each listener has its own; none is open because another is. */
import { byteSize } from './kinds/byte-size.js';
import { integer, text } from './kinds/scalars.js';
import { tokenList } from './kinds/token-list.js';
import type { Settings } from './setting.js';

const flight = listenerSettings('flight', 'Handshake takes one as password.');
const grpc = listenerSettings('grpc', 'grpc.health.v1 stays open.');
const health = listenerSettings('health', '/health, /ready and /live stay open, /metrics does not.');

export const SECURITY_SETTINGS = {
  flightTlsCert: flight.cert,
  flightTlsKey: flight.key,
  flightTlsClientCa: flight.clientCa,
  flightTokens: flight.tokens,
  flightTokensFile: flight.tokensFile,
  grpcTlsCert: grpc.cert,
  grpcTlsKey: grpc.key,
  grpcTlsClientCa: grpc.clientCa,
  grpcTokens: grpc.tokens,
  grpcTokensFile: grpc.tokensFile,
  healthTlsCert: health.cert,
  healthTlsKey: health.key,
  healthTlsClientCa: health.clientCa,
  healthTokens: health.tokens,
  healthTokensFile: health.tokensFile,
  maxConnections: {
    env: 'MAX_CONNECTIONS',
    yaml: 'limits.max_connections',
    kind: integer('connections', 1, 100_000),
    default: '1000',
    sentence: 'Most connections that each listener has at once; further ones are closed.',
  },
  maxStreamsPerConnection: {
    env: 'MAX_STREAMS_PER_CONNECTION',
    yaml: 'limits.max_streams_per_connection',
    kind: integer('calls', 1, 10_000),
    default: '100',
    sentence: 'Most calls at once on one connection; further ones wait at the client.',
  },
  maxRequestBytes: {
    env: 'MAX_REQUEST_SIZE',
    yaml: 'limits.max_request_size',
    kind: byteSize('16KiB', '4MiB'),
    default: '1MiB',
    sentence:
      "Largest request that Flight and the control port read, but for flowctl's events; larger ones are refused with " +
      'RESOURCE_EXHAUSTED.',
  },
} as const satisfies Settings;

/** `tokensNote` is what the listener's tokens are to be known for. */
function listenerSettings(listener: 'flight' | 'grpc' | 'health', tokensNote: string) {
  const env = listener.toUpperCase();
  const file = text('file path');
  return {
    cert: {
      env: `${env}_TLS_CERT`,
      yaml: `${listener}.tls.cert`,
      kind: file,
      sentence: "PEM file of this listener's certificate and those that lead to its authority; turns TLS on.",
    },
    key: {
      env: `${env}_TLS_KEY`,
      yaml: `${listener}.tls.key`,
      kind: file,
      sentence: "PEM file of that certificate's private key.",
    },
    clientCa: {
      env: `${env}_TLS_CLIENT_CA`,
      yaml: `${listener}.tls.client_ca`,
      kind: file,
      sentence: 'PEM file of authorities: clients must have a certificate that one of them signed.',
    },
    tokens: {
      env: `${env}_TOKENS`,
      yaml: `${listener}.tokens`,
      kind: tokenList,
      default: '',
      sentence:
        'Bearer tokens, one of which callers must show; several while one takes the place of another. ' + tokensNote,
      secret: true,
    },
    tokensFile: {
      env: `${env}_TOKENS_FILE`,
      yaml: `${listener}.tokens_file`,
      kind: file,
      sentence: 'File with more such tokens, one a line, that is read again when it changes.',
    },
  } as const satisfies Settings;
}
