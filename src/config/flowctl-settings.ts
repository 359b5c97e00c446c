/** The settings of registering with flowctl. */
import { endpoint, host } from './kinds/address.js';
import { duration } from './kinds/duration.js';
import { boolean, integer, text } from './kinds/scalars.js';
import type { Settings } from './setting.js';

export const FLOWCTL_SETTINGS = {
  flowctlEnabled: {
    env: 'FLOWCTL_ENABLED',
    yaml: 'flowctl.enabled',
    kind: boolean,
    sentence:
      'Register with flowctl; unless given, whatever ENABLE_FLOWCTL says, else whether FLOWCTL_COMPONENT_ID is given.',
  },
  enableFlowctl: {
    env: 'ENABLE_FLOWCTL',
    yaml: 'flowctl.enable_flowctl',
    kind: boolean,
    sentence: 'The same by the name that `flowctl run` uses; either one that is true enables.',
  },
  flowctlEndpoint: {
    env: 'FLOWCTL_ENDPOINT',
    yaml: 'flowctl.endpoint',
    kind: endpoint,
    default: 'localhost:8080',
    sentence: "flowctl's control plane.",
  },
  flowctlHeartbeatIntervalMs: {
    env: 'FLOWCTL_HEARTBEAT_INTERVAL',
    yaml: 'flowctl.heartbeat_interval',
    kind: duration('100ms', '1h'),
    default: '10s',
    sentence: 'Time between heartbeats; flowctl takes a service without one for 30s to be unhealthy.',
  },
  flowctlComponentId: {
    env: 'FLOWCTL_COMPONENT_ID',
    yaml: 'flowctl.component_id',
    kind: text('id'),
    sentence: 'The id to register under; unless given, FLOWCTL_SERVICE_ID, else SERVICE_NAME.',
  },
  flowctlServiceId: {
    env: 'FLOWCTL_SERVICE_ID',
    yaml: 'flowctl.service_id',
    kind: text('id'),
    sentence: 'The same by its older name.',
  },
  serviceName: {
    env: 'SERVICE_NAME',
    yaml: 'flowctl.service_name',
    kind: text('name'),
    default: 'contract-data-processor',
    sentence: 'What this service is called among others.',
  },
  serviceVersion: {
    env: 'SERVICE_VERSION',
    yaml: 'flowctl.service_version',
    kind: text('version'),
    sentence: 'The version to publish; unless given, that of the program.',
  },
  flowctlDegradedErrorRate: {
    env: 'FLOWCTL_DEGRADED_ERROR_RATE',
    yaml: 'flowctl.degraded_error_rate',
    kind: integer('percent', 1, 100),
    default: '5',
    sentence: 'From this share of errors on, over the last minute, the service reports itself as degraded.',
  },
  flowctlUnhealthyErrorRate: {
    env: 'FLOWCTL_UNHEALTHY_ERROR_RATE',
    yaml: 'flowctl.unhealthy_error_rate',
    kind: integer('percent', 1, 100),
    default: '25',
    sentence: 'From this share of errors on it reports itself as unhealthy.',
  },
  flowctlStaleAfterMs: {
    env: 'FLOWCTL_STALE_AFTER',
    yaml: 'flowctl.stale_after',
    kind: duration('1s', '24h'),
    default: '60s',
    sentence: 'Degraded as well, when no ledger gets delivered for so long though the source has one.',
  },
  flowctlTls: {
    env: 'FLOWCTL_TLS',
    yaml: 'flowctl.tls.enabled',
    kind: boolean,
    default: 'false',
    sentence: 'Connect to flowctl with TLS.',
  },
  flowctlTlsCa: {
    env: 'FLOWCTL_TLS_CA',
    yaml: 'flowctl.tls.ca',
    kind: text('file path'),
    sentence: "PEM file of the authorities that sign flowctl's certificate, instead of the well-known ones.",
  },
  flowctlTlsCert: {
    env: 'FLOWCTL_TLS_CERT',
    yaml: 'flowctl.tls.cert',
    kind: text('file path'),
    sentence: 'PEM file of our certificate, for a flowctl that asks for one.',
  },
  flowctlTlsKey: {
    env: 'FLOWCTL_TLS_KEY',
    yaml: 'flowctl.tls.key',
    kind: text('file path'),
    sentence: "PEM file of that certificate's private key.",
  },
  flowctlTlsServerName: {
    env: 'FLOWCTL_TLS_SERVER_NAME',
    yaml: 'flowctl.tls.server_name',
    kind: host,
    sentence: "The name in flowctl's certificate, where it is not the host of FLOWCTL_ENDPOINT.",
  },
} as const satisfies Settings;
