/** What the configuration says of flowctl. */
import { readFileSync } from 'node:fs';
import { ProcessorError } from '../../workers/errors.js';
import { addressText } from '../config/kinds/address.js';
import type { ServeConfig } from '../config/serve-settings.js';
import type { ClientTls } from '../grpc/client-channel.js';
import type { StatusThresholds } from './status-judge.js';

/** How long flowctl lets a service be silent before it marks it as unhealthy. */
export const FLOWCTL_TTL_MS = 30_000;

export interface FlowctlOptions {
  readonly enabled: boolean;
  /** The same in every id field: flowctl keys its memory by one of them and its storage by another. */
  readonly id: string;
  readonly target: string;
  readonly tls?: ClientTls;
  readonly heartbeatIntervalMs: number;
  readonly thresholds: StatusThresholds;
}

/** The settings that are about flowctl, whatever the command. */
export type FlowctlConfig = Pick<
  ServeConfig,
  Extract<keyof ServeConfig, `flowctl${string}` | 'enableFlowctl' | 'serviceName'>
>;

/** Throws CONFIG_INVALID for values that do not go together, and for certificate files that cannot be read. */
export function flowctlOptions(config: FlowctlConfig): FlowctlOptions {
  const faults = crossFaults(config);
  if (faults.length > 0) throw new ProcessorError('CONFIG_INVALID', faults.join('\n  '));
  return {
    enabled: isEnabled(config),
    id: config.flowctlComponentId ?? config.flowctlServiceId ?? config.serviceName,
    target: addressText(config.flowctlEndpoint),
    ...(config.flowctlTls && { tls: tlsOf(config) }),
    heartbeatIntervalMs: config.flowctlHeartbeatIntervalMs,
    thresholds: {
      degradedErrorRate: config.flowctlDegradedErrorRate,
      unhealthyErrorRate: config.flowctlUnhealthyErrorRate,
      staleAfterMs: config.flowctlStaleAfterMs,
    },
  };
}

/** A container that `flowctl run` starts is given an id and no flag at all. */
function isEnabled({ flowctlEnabled, enableFlowctl, flowctlComponentId }: FlowctlConfig): boolean {
  if (flowctlEnabled === true || enableFlowctl === true) return true;
  return flowctlComponentId !== undefined && flowctlEnabled === undefined && enableFlowctl === undefined;
}

function crossFaults(config: FlowctlConfig): string[] {
  const faults: string[] = [];
  if (config.flowctlDegradedErrorRate > config.flowctlUnhealthyErrorRate) {
    faults.push('FLOWCTL_DEGRADED_ERROR_RATE: no more than FLOWCTL_UNHEALTHY_ERROR_RATE expected');
  }
  if ((config.flowctlTlsCert === undefined) !== (config.flowctlTlsKey === undefined)) {
    faults.push('FLOWCTL_TLS_CERT and FLOWCTL_TLS_KEY: both or neither expected');
  }
  const tlsKeys = [config.flowctlTlsCa, config.flowctlTlsCert, config.flowctlTlsKey, config.flowctlTlsServerName];
  if (!config.flowctlTls && tlsKeys.some((value) => value !== undefined)) {
    faults.push('FLOWCTL_TLS: true expected where other FLOWCTL_TLS_* settings are given');
  }
  return faults;
}

function tlsOf(config: FlowctlConfig): ClientTls {
  const { flowctlTlsCa: ca, flowctlTlsCert: cert, flowctlTlsKey: key, flowctlTlsServerName: serverName } = config;
  return {
    ...(ca !== undefined && { ca: readPem('FLOWCTL_TLS_CA', ca) }),
    ...(cert !== undefined && { cert: readPem('FLOWCTL_TLS_CERT', cert) }),
    ...(key !== undefined && { key: readPem('FLOWCTL_TLS_KEY', key) }),
    ...(serverName !== undefined && { serverName }),
  };
}

function readPem(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProcessorError('CONFIG_INVALID', `${key}: ${reason}`, { key }, error);
  }
}
