/** What this service says of itself: one description for both control planes and for ProcessorService.GetInfo. */
import { addressText } from '../config/kinds/address.js';

/** Name and value of every field of `flowctl.v1.ComponentInfo`, as the .proto file spells them. */
export interface ComponentInfo {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly type: 'COMPONENT_TYPE_SOURCE' | 'COMPONENT_TYPE_PROCESSOR' | 'COMPONENT_TYPE_CONSUMER';
  readonly input_event_types: readonly string[];
  readonly output_event_types: readonly string[];
  /** host:port. */
  readonly endpoint: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A component, with what only the first control plane asks for. */
export interface Registration {
  readonly component: ComponentInfo;
  /** URL of the HTTP health check. */
  readonly healthEndpoint: string;
}

/** What `flowctl run` sends through Process. */
export const LEDGER_EVENT_TYPE = 'stellar.ledger.v1';
export const BATCH_EVENT_TYPE = 'contract_data.ArrowBatch';

export interface ProcessorFacts {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly networkPassphrase: string;
  readonly batchRows: number;
  readonly workerCount: number;
  /** How many members each configured filter has. */
  readonly filterCounts: { readonly contractIds: number; readonly assetCodes: number; readonly assetIssuers: number };
  readonly includeDeleted: boolean;
  readonly ports: { readonly grpc: number; readonly flight: number; readonly health: number };
}

/** `host` is where others reach this service. */
export function processorRegistration(facts: ProcessorFacts, host: string): Registration {
  const at = (port: number): string => addressText({ host, port });
  const { id, name, version, ports, filterCounts } = facts;
  const healthEndpoint = `http://${at(ports.health)}/health`;
  return registrationOf(
    {
      id,
      name,
      description: 'Stellar contract data as Arrow record batches',
      version,
      type: 'COMPONENT_TYPE_PROCESSOR',
      input_event_types: ['raw_ledger_service.RawLedgerChunk', 'stellar.LedgerCloseMeta', LEDGER_EVENT_TYPE],
      output_event_types: [BATCH_EVENT_TYPE, 'stellar.ContractDataEntry'],
      endpoint: at(ports.grpc),
    },
    healthEndpoint,
    {
      processor_name: name,
      processor_type: 'contract_data',
      network_passphrase: facts.networkPassphrase,
      service_name: name,
      grpc_address: at(ports.grpc),
      flight_address: at(ports.flight),
      health_endpoint: healthEndpoint,
      batch_size: String(facts.batchRows),
      worker_count: String(facts.workerCount),
      filter_contract_ids: String(filterCounts.contractIds),
      filter_asset_codes: String(filterCounts.assetCodes),
      filter_asset_issuers: String(filterCounts.assetIssuers),
      include_deleted: String(facts.includeDeleted),
    },
  );
}

/** The registration of `component`, whose metadata says once more what it is, and `metadata`. */
export function registrationOf(
  component: Omit<ComponentInfo, 'metadata'>,
  healthEndpoint: string,
  metadata: ComponentInfo['metadata'],
): Registration {
  const { name, version, description } = component;
  return { healthEndpoint, component: { ...component, metadata: { name, version, description, ...metadata } } };
}
