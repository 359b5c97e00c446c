/**
 * A raw ledger server of this program as a component of flowctl's: `simulate` and `replay` register as `serve` does, by the
 * same environment variables, so that `flowctl run` can start one as the source of a pipeline.
 */
import { addressText } from '../config/kinds/address.js';
import { readSettings, type SettingSources } from '../config/read-settings.js';
import { SERVE_SETTINGS } from '../config/serve-settings.js';
import type { Settings } from '../config/setting.js';
import { systemClock } from '../ops/clock.js';
import type { Logger } from '../ops/logger.js';
import { publishedHost } from './advertised-host.js';
import { FlowctlController } from './controller.js';
import { flowctlOptions } from './flowctl-options.js';
import { LEDGER_EVENT_TYPE, type Registration, registrationOf } from './registration.js';
import type { ActivityReport } from './sampled-activity.js';

/** Of `serve`'s settings those that concern flowctl: what else is in the environment is not meant for a source. */
const SETTINGS = {
  advertiseHost: SERVE_SETTINGS.advertiseHost,
  flowctlEnabled: SERVE_SETTINGS.flowctlEnabled,
  enableFlowctl: SERVE_SETTINGS.enableFlowctl,
  flowctlEndpoint: SERVE_SETTINGS.flowctlEndpoint,
  flowctlHeartbeatIntervalMs: SERVE_SETTINGS.flowctlHeartbeatIntervalMs,
  flowctlComponentId: SERVE_SETTINGS.flowctlComponentId,
  flowctlServiceId: SERVE_SETTINGS.flowctlServiceId,
  serviceName: { ...SERVE_SETTINGS.serviceName, default: 'raw-ledger-source' },
  serviceVersion: SERVE_SETTINGS.serviceVersion,
  flowctlDegradedErrorRate: SERVE_SETTINGS.flowctlDegradedErrorRate,
  flowctlUnhealthyErrorRate: SERVE_SETTINGS.flowctlUnhealthyErrorRate,
  flowctlStaleAfterMs: SERVE_SETTINGS.flowctlStaleAfterMs,
  flowctlTls: SERVE_SETTINGS.flowctlTls,
  flowctlTlsCa: SERVE_SETTINGS.flowctlTlsCa,
  flowctlTlsCert: SERVE_SETTINGS.flowctlTlsCert,
  flowctlTlsKey: SERVE_SETTINGS.flowctlTlsKey,
  flowctlTlsServerName: SERVE_SETTINGS.flowctlTlsServerName,
} as const satisfies Settings;

export interface SourceFacts {
  readonly env: SettingSources['env'];
  /** Of the program, where SERVICE_VERSION gives none. */
  readonly version: string;
  readonly networkPassphrase: string;
  /** Listened on; an empty host is every interface. */
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
  /** The newest ledger that has closed, and how many ledgers were sent. */
  readonly progress: () => { readonly latest: number; readonly sent: number };
}

/**
 * Begins to register, where that is enabled; call it when the port is listened on. Throws CONFIG_INVALID. The function
 * returned leaves.
 */
export function startSourceComponent(facts: SourceFacts): () => Promise<void> {
  const config = readSettings(SETTINGS, { flags: {}, env: facts.env }).values;
  const options = flowctlOptions(config);
  if (!options.enabled) return () => Promise.resolve();
  const version = config.serviceVersion ?? facts.version;
  const controller = new FlowctlController({
    id: options.id,
    address: options,
    heartbeatIntervalMs: options.heartbeatIntervalMs,
    registration: async () => {
      const host = await publishedHost(config, facts.host);
      return sourceRegistration({ ...facts, id: options.id, name: config.serviceName, version, host });
    },
    report: () => Promise.resolve(reportOf(facts.progress())),
    observer: { changed: () => undefined, heartbeatSent: () => undefined, heartbeatFailed: () => undefined },
    logger: facts.logger,
    clock: systemClock,
  });
  controller.start();
  return () => controller.stop();
}

function reportOf({ latest, sent }: ReturnType<SourceFacts['progress']>): ActivityReport {
  return { status: 'HEALTHY', metrics: { current_ledger: latest, ledgers_sent: sent } };
}

function sourceRegistration(
  facts: Pick<SourceFacts, 'version' | 'networkPassphrase' | 'host' | 'port'> & {
    readonly id: string;
    readonly name: string;
  },
): Registration {
  const { id, name, version, networkPassphrase, host, port } = facts;
  const endpoint = addressText({ host, port });
  return registrationOf(
    {
      id,
      name,
      description: 'Simulated or recorded Stellar ledgers',
      version,
      type: 'COMPONENT_TYPE_SOURCE',
      input_event_types: [],
      output_event_types: ['raw_ledger_service.RawLedgerChunk', 'raw_ledger_service.RawLedger', LEDGER_EVENT_TYPE],
      endpoint,
    },
    // The server has no HTTP port; its gRPC port answers HealthCheck.
    '',
    { grpc_address: endpoint, ...(networkPassphrase !== '' && { network_passphrase: networkPassphrase }) },
  );
}
