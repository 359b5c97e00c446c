/** stellar.v1.ContractDataService: the service as a whole, and the filters that sessions get which name none. */
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { loadProto } from '../grpc/load-proto.js';
import type { Health } from '../ops/health.js';
import type { Counts } from '../session/counts.js';
import { type Filters, filtersOf } from './filters.js';
import type { SessionDefaults } from './session-defaults.js';
import { timestamp, unary } from './unary.js';

export const CONTRACT_DATA_PROTO = 'stellar/v1/contract_data_service.proto';
export const CONTRACT_DATA_SERVICE = 'stellar.v1.ContractDataService';

/** In GetServiceInfo. */
const FEATURES = ['arrow-flight', 'sessions', 'range-streams', 'tickets', 'resume', 'filters', 'columns', 'compaction'];

export interface ServiceIdentity {
  readonly name: string;
  readonly version: string;
  readonly networkPassphrase: string;
  /** `host:port`; known when the ports are bound. */
  readonly flightEndpoint: () => string;
}

/** The fields that need a look; the others are as in {@link filtersOf}. */
interface FilterConfig {
  /** Decimal. */
  readonly min_balance: string;
  readonly modified_after_ledger: number;
}

export function contractDataService(
  identity: ServiceIdentity,
  defaults: SessionDefaults,
  counts: Counts,
  health: Health,
): { readonly definition: ServiceDefinition; readonly implementation: UntypedServiceImplementation } {
  const startedAt = timestamp(new Date());

  function serviceInfo(): object {
    return {
      name: identity.name,
      version: identity.version,
      network: identity.networkPassphrase,
      supported_features: FEATURES,
      arrow_flight_endpoint: identity.flightEndpoint(),
      started_at: startedAt,
    };
  }

  function status(): object {
    const { status: healthStatus, reasons } = health.report();
    return {
      current_ledger: counts.currentLedger,
      contracts_processed: counts.contractsProcessed,
      records_streamed: counts.recordsStreamed,
      processing_rate_per_second: counts.processingRate,
      last_update: timestamp(counts.updatedAt),
      is_healthy: healthStatus !== 'unhealthy',
      error_message: reasons.join('; '),
      bytes_processed: counts.bytesProcessed,
    };
  }

  function updateFilters(config: FilterConfig): object {
    const { min_balance, modified_after_ledger, ...rest } = config;
    defaults.replace({
      ...filtersOf(rest),
      ...(min_balance !== '0' && { min_balance }),
      ...(modified_after_ledger !== 0 && { modified_after_ledger }),
    });
    return {};
  }

  return {
    definition: loadProto(CONTRACT_DATA_PROTO)[CONTRACT_DATA_SERVICE] as ServiceDefinition,
    implementation: {
      GetServiceInfo: unary(serviceInfo),
      GetStatus: unary(status),
      GetFilterConfig: unary(() => filterConfig(defaults.filters)),
      UpdateFilterConfig: unary(updateFilters),
    },
  };
}

/** FilterConfig. Deletions are included unless a filter says otherwise. */
function filterConfig(filters: Filters): object {
  return { ...filters, include_deleted: filters.include_deleted !== false };
}
