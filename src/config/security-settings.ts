/** The settings of `serve` that protect its listeners. Each listener has its own; none is open because another is. */
import { byteSize } from './kinds/byte-size.js';
import { integer, text } from './kinds/scalars.js';
import { tokenList } from './kinds/token-list.js';
import type { Settings } from './setting.js';

const certificate = "PEM file of this listener's certificate and those that lead to its authority; turns TLS on.";
const privateKey = "PEM file of that certificate's private key.";
const clientAuthorities = 'PEM file of authorities: clients must have a certificate that one of them signed.';
const tokens = 'Bearer tokens, one of which callers must show; several while one takes the place of another.';
const tokensFile = 'File with more such tokens, one a line, that is read again when it changes.';

export const SECURITY_SETTINGS = {
  flightTlsCert: {
    env: 'FLIGHT_TLS_CERT',
    yaml: 'flight.tls.cert',
    kind: text('file path'),
    sentence: certificate,
  },
  flightTlsKey: { env: 'FLIGHT_TLS_KEY', yaml: 'flight.tls.key', kind: text('file path'), sentence: privateKey },
  flightTlsClientCa: {
    env: 'FLIGHT_TLS_CLIENT_CA',
    yaml: 'flight.tls.client_ca',
    kind: text('file path'),
    sentence: clientAuthorities,
  },
  flightTokens: {
    env: 'FLIGHT_TOKENS',
    yaml: 'flight.tokens',
    kind: tokenList,
    default: '',
    sentence: `${tokens} Handshake takes one as password.`,
    secret: true,
  },
  flightTokensFile: {
    env: 'FLIGHT_TOKENS_FILE',
    yaml: 'flight.tokens_file',
    kind: text('file path'),
    sentence: tokensFile,
  },
  grpcTlsCert: { env: 'GRPC_TLS_CERT', yaml: 'grpc.tls.cert', kind: text('file path'), sentence: certificate },
  grpcTlsKey: { env: 'GRPC_TLS_KEY', yaml: 'grpc.tls.key', kind: text('file path'), sentence: privateKey },
  grpcTlsClientCa: {
    env: 'GRPC_TLS_CLIENT_CA',
    yaml: 'grpc.tls.client_ca',
    kind: text('file path'),
    sentence: clientAuthorities,
  },
  grpcTokens: {
    env: 'GRPC_TOKENS',
    yaml: 'grpc.tokens',
    kind: tokenList,
    default: '',
    sentence: `${tokens} grpc.health.v1 stays open.`,
    secret: true,
  },
  grpcTokensFile: {
    env: 'GRPC_TOKENS_FILE',
    yaml: 'grpc.tokens_file',
    kind: text('file path'),
    sentence: tokensFile,
  },
  healthTlsCert: { env: 'HEALTH_TLS_CERT', yaml: 'health.tls.cert', kind: text('file path'), sentence: certificate },
  healthTlsKey: { env: 'HEALTH_TLS_KEY', yaml: 'health.tls.key', kind: text('file path'), sentence: privateKey },
  healthTlsClientCa: {
    env: 'HEALTH_TLS_CLIENT_CA',
    yaml: 'health.tls.client_ca',
    kind: text('file path'),
    sentence: clientAuthorities,
  },
  healthTokens: {
    env: 'HEALTH_TOKENS',
    yaml: 'health.tokens',
    kind: tokenList,
    default: '',
    sentence: `${tokens} /health, /ready and /live stay open, /metrics does not.`,
    secret: true,
  },
  healthTokensFile: {
    env: 'HEALTH_TOKENS_FILE',
    yaml: 'health.tokens_file',
    kind: text('file path'),
    sentence: tokensFile,
  },
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
