/** The settings of `serve` for where ledgers come from. */
import { sourceEndpoint } from '../flowctl/source-endpoint.js';
import { host } from './kinds/address.js';
import { duration } from './kinds/duration.js';
import { boolean, integer, text } from './kinds/scalars.js';
import { sourceLocation } from './kinds/source-location.js';
import type { Settings } from './setting.js';

export const SOURCE_SETTINGS = {
  source: {
    env: 'SOURCE',
    yaml: 'processor.source',
    kind: sourceLocation,
    sentence:
      'Where ledgers come from: a raw ledger service, or a data lake in a folder or bucket (docs/data-lake.md). ' +
      'Goes before SOURCE_ENDPOINT.',
  },
  sourceAccessKeyId: {
    env: 'SOURCE_ACCESS_KEY_ID',
    yaml: 'source.access_key_id',
    kind: text('key id'),
    sentence:
      'Access key of the bucket, or HMAC key of gs://; without it what the AWS client finds, else buckets are read unsigned.',
  },
  sourceSecretAccessKey: {
    env: 'SOURCE_SECRET_ACCESS_KEY',
    yaml: 'source.secret_access_key',
    kind: text('key'),
    sentence: 'The secret of that key.',
    secret: true,
  },
  sourceEndpoint: {
    env: 'SOURCE_ENDPOINT',
    yaml: 'source.endpoint',
    kind: sourceEndpoint,
    default: 'localhost:50053',
    sentence: 'The raw ledger service that ledgers come from; `flowctl`: whichever flowctl knows.',
  },
  sourceGapRetries: {
    env: 'SOURCE_GAP_RETRIES',
    yaml: 'source.gap_retries',
    kind: integer('times', 0, 1000),
    default: '5',
    sentence: 'How often to ask again for a ledger that the source skips, before ON_BAD_LEDGER applies.',
  },
  sourceIdleTimeoutMs: {
    env: 'SOURCE_IDLE_TIMEOUT',
    yaml: 'source.idle_timeout',
    kind: duration('100ms', '24h'),
    default: '60s',
    sentence: 'A source that sends nothing for so long is connected to anew.',
  },
  sourceTls: {
    env: 'SOURCE_TLS',
    yaml: 'source.tls.enabled',
    kind: boolean,
    default: 'false',
    sentence: 'Connect to the source with TLS.',
  },
  sourceTlsCa: {
    env: 'SOURCE_TLS_CA',
    yaml: 'source.tls.ca',
    kind: text('file path'),
    sentence: "PEM file of the authorities that sign the source's certificate, instead of the well-known ones.",
  },
  sourceTlsCert: {
    env: 'SOURCE_TLS_CERT',
    yaml: 'source.tls.cert',
    kind: text('file path'),
    sentence: 'PEM file of our certificate, for a source that asks for one.',
  },
  sourceTlsKey: {
    env: 'SOURCE_TLS_KEY',
    yaml: 'source.tls.key',
    kind: text('file path'),
    sentence: "PEM file of that certificate's private key.",
  },
  sourceTlsServerName: {
    env: 'SOURCE_TLS_SERVER_NAME',
    yaml: 'source.tls.server_name',
    kind: host,
    sentence: "The name in the source's certificate, where it is not the host of SOURCE_ENDPOINT.",
  },
  sourceToken: {
    env: 'SOURCE_TOKEN',
    yaml: 'source.token',
    kind: text('token'),
    sentence: 'Bearer token to show to the source.',
    secret: true,
  },
  sourceTokenFile: {
    env: 'SOURCE_TOKEN_FILE',
    yaml: 'source.token_file',
    kind: text('file path'),
    sentence: 'File whose first line is that token; read again when it changes, for the next connection.',
  },
} as const satisfies Settings;
