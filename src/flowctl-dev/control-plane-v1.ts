/** `flowctl.v1.ControlPlaneService` as flowctl serves it. */
import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { HealthStatusName, RegisteredComponent, RegisteredInfo, Registry } from './registry.js';
import { type BeforeAnswer, Refusal, unary, unknownService } from './unary.js';

interface RegisterRequest {
  readonly component: RegisteredInfo | null;
  readonly component_id: string;
}

interface HeartbeatRequest {
  readonly service_id: string;
  readonly status: HealthStatusName;
  readonly metrics: Readonly<Record<string, string>>;
}

interface ServiceIdRequest {
  readonly service_id: string;
}

interface ListRequest {
  readonly type_filter: string;
  readonly include_unhealthy: boolean;
}

interface DiscoveryRequest {
  readonly type: string;
  readonly event_types: readonly string[];
  readonly metadata_filters: Readonly<Record<string, string>>;
}

const ANY_TYPE = 'COMPONENT_TYPE_UNSPECIFIED';

export function controlPlaneV1(registry: Registry, before: BeforeAnswer): UntypedServiceImplementation {
  return {
    RegisterComponent: unary('RegisterComponent', before, (request: RegisterRequest) => registerV1(registry, request)),
    UnregisterComponent: unary('UnregisterComponent', before, ({ service_id: id }: ServiceIdRequest) => {
      registry.unregister(id);
      return {};
    }),
    Heartbeat: unary('Heartbeat', before, (request: HeartbeatRequest) => heartbeatV1(registry, request)),
    GetComponentStatus: unary('GetComponentStatus', before, ({ service_id: id }: ServiceIdRequest) => {
      const component = registry.find(id);
      if (component === undefined) throw unknownService(id);
      return statusResponse(component);
    }),
    ListComponents: unary('ListComponents', before, (request: ListRequest) => ({
      components: registry.all
        .filter(({ info }) => request.type_filter === ANY_TYPE || info.type === request.type_filter)
        .filter((component) => request.include_unhealthy || component.status === 'HEALTH_STATUS_HEALTHY')
        .map(statusResponse),
    })),
    DiscoverComponents: unary('DiscoverComponents', before, (request: DiscoveryRequest) => ({
      components: registry.all.map(({ info }) => info).filter((info) => isWanted(info, request)),
    })),
  };
}

export function registerV1(registry: Registry, { component, component_id: componentId }: RegisterRequest): object {
  if (component === null) {
    // The real one dereferences it and dies; to say so helps more.
    throw new Refusal(status.INTERNAL, 'component is not set: flowctl itself would have crashed here');
  }
  const id = [componentId, component.id, `${component.type}-${Date.now()}`].find((text) => text !== '')!;
  registry.register(id, component);
  const isHeardBy = component.type === 'COMPONENT_TYPE_SOURCE' || component.type === 'COMPONENT_TYPE_PROCESSOR';
  return {
    service_id: id,
    assigned_topics: isHeardBy ? component.output_event_types.map((type) => `${type}.v1`) : [],
    connection_info: { control_plane_endpoint: 'localhost:8080' },
  };
}

export function heartbeatV1(registry: Registry, request: HeartbeatRequest): object {
  const isKnown = registry.heartbeat(request.service_id, (component) => {
    component.metrics = { ...component.metrics, ...request.metrics };
    component.lastHeartbeat = new Date();
    if (request.status !== 'HEALTH_STATUS_UNKNOWN') component.status = request.status;
    else if (component.status === 'HEALTH_STATUS_UNKNOWN') component.status = 'HEALTH_STATUS_HEALTHY';
  });
  if (!isKnown) throw unknownService(request.service_id);
  return {};
}

/** Type and metadata must match, and one of the event types, among inputs or outputs. */
function isWanted(
  info: RegisteredInfo,
  { type, event_types: types, metadata_filters: filters }: DiscoveryRequest,
): boolean {
  if (type !== ANY_TYPE && info.type !== type) return false;
  const has = [...info.input_event_types, ...info.output_event_types];
  if (types.length > 0 && !types.some((one) => has.includes(one))) return false;
  return Object.entries(filters).every(([key, value]) => info.metadata[key] === value);
}

function statusResponse(component: RegisteredComponent): object {
  return {
    component: component.info,
    status: component.status,
    last_heartbeat: timestamp(component.lastHeartbeat),
    metrics: component.metrics,
    registered_at: timestamp(component.registeredAt),
  };
}

export function timestamp(date: Date): { seconds: number; nanos: number } {
  const ms = date.getTime();
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
}
